"""First names that many people bear: one of them in a sheet is that person's own, and no slip of another's.

Common first names of English, German, French, Spanish, Portuguese, Italian, Dutch, Polish and Nordic speakers, above
all those that are a letter or two away from each other; accents left out.
"""

FIRST_NAMES = frozenset(
    """
    ada adam adrian adriana adrienne agata agnes aidan alan albert alberto alejandra alejandro alessandra
    alessandro alex alexa alexander alexandra alexandre alexandria alexis alfonso alfred alfredo ali alice
    alicia alicja alina alison allan allen alma alva alvaro amalia amanda amelia amelie amy ana anastasia anders
    andre andrea andreas andrei andrej andres andrew andrzej andy angela angelica angelika angelina angelo anika
    anita anja anke anna annabel anne annette anni annie annika antoine anton antonella antoni antonia antonio
    antony ari ariana arianna arno arnold arthur artur arturo astrid august augusta augusto aurora barbara
    barbora beata beate beatrice beatrix beatriz ben benedict benedikt benjamin benno bernard bernd bernhard
    bert berta bertha bettina bianca bill birgit birgitta bjorn bob boris brandon brenda brian bridget brigitta
    brigitte bruna bruno bryan callum camila camilla camille carina carine carl carla carlo carlos carmen carol
    carola carole carolina caroline carsten catarina caterina catherine cathy cecilia cecilie celia celina
    celine charles charlie charlotta charlotte chris christa christian christiane christina christine christof
    christoph christophe christopher cindy claire clara clare claude claudia claudio clemens colin cora corina
    corinna corinne cristian cristiana cristina dagmar dan dana daniel daniela daniele danielle danuta daria
    dario darius david davide davina dawn dean debora deborah denis denise dennis diana diane diego dieter dina
    dirk dominic dominik dominika dominique don donald donna dora doris dorota dorothea dorothee douglas eddie
    edgar edith edmund eduard eduardo edward edwin ela elaine elena eleonora eliana elias elin elina elisa
    elisabeth elise elizabeth ella ellen elsa else ema emil emile emilia emilie emilio emily emma eric erica
    erich erik erika erin ernest ernst esteban estela ester esther ethan eugen eugene eugenia eugenie eva evan
    eve evelin evelyn ewa fabian fabiana fabienne fabio fatima federica federico felicia felicity felipe felix
    fernanda fernando filip filippa filippo fiona flavia flavio florence florian frances francesca francesco
    francis francisca francisco franciszek frank franka franz franziska fred freda frederic frederick frederik
    frida frieda friedrich fritz gabriel gabriela gabriele gabriella gary gavin geoff georg george georges
    georgia georgina gerald geraldine gerard gerd gerda gerhard gianna gianni gina ginger giorgia giorgio
    giovanna giovanni gisela giulia giuliana giuliano giulio giuseppe gloria gordon grace graham greg gregor
    gregory greta gudrun guido guillermo gunter gus gustav gustavo hanna hannah hanne hannes hans harald harold
    harriet harry heather hedwig heidi heike heiko heinrich heinz helen helena helene helga helmut henning henri
    henriette henrik henry herbert herman hermann hilda hilde holger holly horst hubert hugo ian ida ignacio
    igor ilka ilona ilse ina ines inga inge ingo ingrid irena irene irina iris irma isa isaac isabel isabela
    isabell isabella isabelle ivan ivana ivo ivona ivonne jack jackie jacob jacqueline jacques jaime jake jakob
    jakub james jamie jan jana jane janet janett janice janina janine janis jannik jared jaroslav jasmin jasmine
    jason jasper javier jay jean jeanette jeanne jeff jeffrey jen jennifer jenny jens jeremy jerome jerry jesper
    jesse jessica jim jimmy jo joachim joan joana joann joanna joanne joao jochen joe joel johan johann johanna
    johannes john johnny jolanda jolanta jon jonas jonathan jordan jordi jorg jorge josef josefa josefina joseph
    josephine joshua josie joy joyce jozef juan juana judith judy julia julian juliana juliane julie julien
    juliet juliette julio julius june jurgen justin justina justine justyna kai kaja karen karin karina karine
    karl karla karol karolina karoline karsten kasia katarina katarzyna kate katerina katharina katherine
    kathleen kathrin kathryn kathy kati katia katie katja katrin kay kayla keith kelly ken kenneth kerstin kevin
    kim kirsten kirstin kjell klara klaus klemens konrad konstantin kris krista kristian kristin kristina
    kristine krystyna kurt kyle lara larissa lars laura laure lauren laurence laurent laurie lea leah leila lena
    leni lennart leo leon leona leonard leonardo leonie leonora leopold leslie lewis lia liam lidia liesel
    lilian liliana lilli lillian lilly lily lina linda line linus lisa lisbeth lise livia liz liza lola lore
    lorena lorenz lorenzo loretta lori lotta lotte lou louis louisa louise luc luca lucas lucia luciana luciano
    lucie lucy ludwig luigi luis luisa luise lukas lukasz luke lydia lynn madeleine madeline magda magdalena
    maja malgorzata malte manfred manuel manuela mara marc marcel marcela marcella marcelo marcin marco marcos
    marcus mareike margaret margareta margarete margarethe margarita margit margot margrit mari maria mariam
    marian mariana marianna marianne marie mariella marina mario marion marisa marit marita marius marja mark
    marko markus marlene marlies marlis marta martha martin martina martine marvin mary mason massimo mateo
    mateusz mathias mathilda mathilde mats matt matteo matthew matthias matthieu maurice mauricio max maximilian
    maya megan melanie melina melinda melissa mercedes meta mia micha michael michaela michal michel michela
    michele michelle mick miguel mika mikael mike mikkel mila milan milena milo mina mira mirella miriam mirjam
    mohamed mohammad mohammed moira molly mona monica monika monique moritz muhammad myra myriam nadia nadine
    nadja nancy naomi natacha natalia natalie natascha natasha nathalie nathan neil nele nell nick nico nicola
    nicolas nicole nicoletta niels nikita niklas niko nikola nikolai nikolas nils nina noah noel noemi nora
    norbert norma norman odile ola olaf olav ole olga oliver olivia olivier oscar oskar otto pablo paola paolo
    pascal pat patrice patricia patrick patrik patrizia patryk paul paula paulina pauline paulo pavel pawel
    pedro peggy penelope per perla peter petra phil philip philipp philippa philippe phillip pia pierre pietro
    pilar piotr rachel rafael rafal raffael rahel raimund rainer ralf ralph ramon ramona raphael raquel raul ray
    raymond rebecca regina regine reiner reinhard rena renata renate rene renee ricarda ricardo riccardo richard
    rick rita rob robert roberta roberto robin rodrigo roger roland rolf roman romana romina romy ron ronald
    ronja rosa rosalia rosalie rosanna rose rosemarie rosemary rosie ross roxana roy ruben rudi rudolf rupert
    russell ruth ryan sabina sabine sabrina sally salma sam samantha samira samuel sandra sandro sara sarah
    sascha sasha scott sean sebastian selina selma serena serge sergej sergio sharon sheila shirley sibylle
    sidney siegfried sigrid silja silke silvana silvia silvie silvio simon simona simone sina sofia sofie sonia
    sonja sophia sophie stan stanislaw stefan stefania stefanie stefano steffen steffi stella stephan stephane
    stephanie stephen steve steven stewart stina stuart sue susan susana susann susanna susanne susi suzanna
    suzanne sven svenja sybille sydney sylvia sylvie tamara tania tanja tanya tara tatiana tatjana ted teresa
    terry tessa thea theo theodor theresa therese thomas thorsten tia tiago till tilman tim timo timothy tina
    tobias tom tomas tomasz tommaso tommy toni tony torben torsten tracy tristan udo ulf ulla ulrich ulrike
    ursula ute uwe valentin valentina valeria valerie vanessa vera verena veronica veronika veronique vicki
    vicky victor victoria vincent vincenzo viola violet violeta violetta virginia vittoria vittorio vivian
    viviana vivien vivienne vladimir volker walter waltraud wanda wendy werner wilfried wilhelm will william
    willy wolf wolfgang xaver xavier yann yannick yara yasmin yolanda yusuf yves yvette yvonne zach zara zoe
    zofia zuzana
    """.split()
)
