"""What may be suggested for a value, and what must be: pairs that a person judged.

STATUSES: each line a value, and behind the bar the statuses that may be suggested for it: none where there is none.
PEOPLE, COURSES: each line a value, the one that is loaded, and `yes` where that is meant, `no` where it is another one.
"""

STATUSES = """
Abscent | no_show
Absnet | no_show
Absant | no_show
Absentt | no_show
Abesnt | no_show
Presnt | attended
Presant | attended
Pressent | attended
Preesnt | attended
Presentt | attended
Attendet | attended
Attened | attended
Atended | attended
Attnded | attended
Attendded | attended
Attented | attended
Completd | completed
Complted | completed
Compleated | completed
Competed |
Completedd | completed
Commpleted | completed
Compelted | completed
Complet | completed
Passsed | completed
Passd | completed
Competant | completed
Compitent | completed
Comptent | completed
Registred | enrolled
Registerd | enrolled
Regstered | enrolled
Enroled | enrolled
Enrolledd | enrolled
Enrollled | enrolled
Subscibed | enrolled
Asigned | enrolled
Assignd | enrolled
In progres | enrolled
In progess | enrolled
In-progresss | enrolled
Unconfirmd | enrolled
Unconfimed | enrolled
Waitlistd | enrolled
Pending aproval | enrolled
Tentativ | enrolled
Tentattive | enrolled
Not startd | enrolled
Not strated | enrolled
Cancled | cancelled
Canceld | cancelled
Canceledd | cancelled
Cancelledd | cancelled
Cacelled | cancelled
Withdrawm | cancelled
Withdrwan | cancelled
Withdrawnn | cancelled
Droped | cancelled
Dropppd | cancelled
Delleted | cancelled
Deletd | cancelled
Disenroled | cancelled
Disenrollled | cancelled
No-shwo | no_show
No shoow | no_show
Noshoww | no_show
Did not atend | no_show
Did not attendd | no_show
Didnt attend | no_show
Didn't attend | no_show
Not atended | no_show
Not attendet | no_show
Not attnded | no_show
Absent unexcusd | no_show
Misssed | no_show
Joind | attended
Joinned | attended
Joined befor | attended
Past deu | enrolled
Past duee | enrolled
Not passed |
Not pass |
not  PASSED |
Never passed |
Nicht bestanden |
Nicht anwesend |
Nicht teilgenommen |
Nicht attended |
Kein Abschluss |
Keine Teilnahme |
Non present |
Non-present |
Nonpresent |
Non completed |
Non-completed |
Noncompleted |
Non attended | no_show
Uncompleted |
Uncomplete |
Unattended |
Unpassed |
Unregistered |
Unenrolled |
Un-enrolled |
Deregistered |
De-registered |
Incompleted |
In complete |
Incompetent |
Not competent |
Not completed |
Not complete |
Not yet completed |
Not present |
Not registered |
Not enrolled |
Not enroled |
Not cancelled |
Not canceled |
Not absent |
Never attended | no_show
Never completed |
Never started | enrolled
Pas present |
Pas présent |
Pas complété |
Sin completar |
No completado |
No attended | no_show
No present |
No complete |
Não completed |
Non completato |
Niet completed |
Niet present |
Niet geslaagd |
Geen deelname |
Nie ukończono |
Without completion |
Hasn't completed |
Hasn't attended |
Wasn't present |
Isn't registered |
Didn't complete |
Didn't pass |
Did not pass |
Did not complete |
Cannot attend |
Disqualified |
Uncancelled |
Un-cancelled |
Bypassed |
Surpassed |
Confirmed |
Uninformed |
Done |
Finished |
Erledigt |
Closed |
Open |
Ended |
Paused |
Parsed |
Pasted |
Posted |
Passes |
Passer |
Passive |
Lapsed |
Expired |
Attendee |
Attender |
Attained |
Attempted |
Attached |
Intended |
Extended |
Amended |
Prevented |
Prevent |
Presented |
Presenter |
Presents |
Resent |
Pleasant |
Peasant |
Assent |
Absence |
Delegated |
Depleted |
Delayed |
Dictated |
Deferred |
Dropper |
Cropped |
Stopped |
Assisted |
Assessed |
Assignee |
Aligned |
Signed |
Requested |
Restarted |
Rejected |
Reserved |
Returned |
Invited |
Interested |
Accepted |
Excepted |
Expected |
Exempted |
Committed |
Compelled |
Compiled |
Compete |
Component |
Complement |
Complex |
Compliant |
Non-compliant |
Misled |
Mixed |
Massed |
Messed |
Filed |
Foiled |
Waited |
Waved |
Warming |
Earning |
Learning |
Morning |
Evening |
Overdone |
Whitelisted |
Blacklisted |
Listed |
Later |
Plate |
Date |
Lefty |
Theft |
Nome |
Nine |
Name |
Null value |
ninety |
78 % |
Yes please |
Maybe |
perhaps |
bogus |
OK |
Pending |
Planned |
Booked |
Scheduled |
Refunded |
Transferred |
Substituted |
Distinct |
Credit |
Failed |
Faild |
Fail |
Excused |
Excussed |
Incomplet |
Incomplete |
Active |
Inactve |
Actived |
Suspendd |
Merit |
Merrit |
Exempt |
Waived |
"""

PEOPLE = """
maria.rossi@example.com | mario.rossi@example.com | no
mario.bianchi@example.com | maria.bianchi@example.com | no
jon.smith@example.com | jan.smith@example.com | no
jan.olsen@example.com | jon.olsen@example.com | no
jen.cooper@example.com | jan.cooper@example.com | no
ann.walker@example.com | anna.walker@example.com | no
anna.becker@example.com | anne.becker@example.com | no
hanna.vogel@example.com | hannah.vogel@example.com | no
marie.dupont@example.com | maria.dupont@example.com | no
daniel.moreau@example.com | daniele.moreau@example.com | no
daniela.conti@example.com | daniele.conti@example.com | no
paolo.ricci@example.com | paola.ricci@example.com | no
andrea.lopez@example.com | andrew.lopez@example.com | no
christian.weber@example.com | christina.weber@example.com | no
julia.klein@example.com | julian.klein@example.com | no
karin.holm@example.com | karen.holm@example.com | no
erik.dahl@example.com | erika.dahl@example.com | no
lena.hauser@example.com | lea.hauser@example.com | no
tim.baxter@example.com | tom.baxter@example.com | no
stefan.wolff@example.com | steffen.wolff@example.com | no
m.rossini@example.com | n.rossini@example.com | no
jsmithson@example.com | ksmithson@example.com | no
anna7.hill@example.com | anna8.hill@example.com | no
dana.bron@example.com | dana.brown@example.com | yes
dana.borwn@example.com | dana.brown@example.com | yes
peter.schmdt@example.com | peter.schmidt@example.com | yes
olivia.johnsn@example.com | olivia.johnson@example.com | yes
kathrin.muelller@example.com | kathrin.mueller@example.com | yes
sofia.ferreira@exmaple.com | sofia.ferreira@example.com | yes
Maria Rossi | Mario Rossi | no
Jon Brown | Jan Brown | no
Ann Lee | Anna Lee | no
Anna Berg | Anne Berg | no
Michel Laurent | Michele Laurent | no
Gabriel Costa | Gabriele Costa | no
Julie Martin | Julia Martin | no
Karl Engel | Karla Engel | no
Simon Roth | Simone Roth | no
Robert Frey | Roberta Frey | no
Nicole Sala | Nicola Sala | no
Alex Ford | Alexa Ford | no
Johan Lund | Johann Lund | no
Kim A Vu | Kim B Vu | no
Peter Schmitd | Peter Schmidt | yes
Olivia Johnsonn | Olivia Johnson | yes
"""

COURSES = """
Fire Saftey | Fire Safety | yes
Frist Aid Basics | First Aid Basics | yes
Manual Handlng | Manual Handling | yes
Forklift Operater | Forklift Operator | yes
Data Protecton | Data Protection | yes
Fire Safety Level 1 | Fire Safety Level 2 | no
Fire Safety Level I | Fire Safety Level II | no
Fire Safety A | Fire Safety B | no
Excel Part A | Excel Part B | no
Welding II | Welding III | no
Assessed driving | Not assessed driving | no
Certified training | Non certified training | no
Mit Prüfung Teil | Ohne Prüfung Teil | no
Module 10 | Module 11 | no
Cohort 2019 | Cohort 2020 | no
"""
