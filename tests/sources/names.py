"""Names of invented people in many languages, and the encodings that programs write them in."""

# language: encodings, names
NAMES: dict[str, tuple[str, str]] = {
    "German": (
        "cp1252 mac_roman cp850 iso8859-15",
        (
            "Jürgen Weiß|Käthe Böhm|Günter Groß|Björn Schäfer|Anneliese Köhler|Ulrich Größl|"
            "Marlies Übelacker|Sören Kühn|Jörg Völker|Änne Öztürk|Gisela Strauß|Heiko Müßig|Rüdiger Krämer|"
            "Bärbel Nüßlein|Götz Lührs"
        ),
    ),
    "French": (
        "cp1252 mac_roman cp850",
        (
            "Hélène Lefèvre|François Béranger|Zoé Dupré|Anaïs Gagné|Jérôme Thévenin|Noël Crépin|Gaëlle Côté|"
            "Cécile Maître|Benoît Hébert|Agnès Prévôt|Maëlys Rivière|Loïc Bélanger|Thérèse Desprès|"
            "Françoise Lemaître|Raphaël Ségolène"
        ),
    ),
    "Spanish": (
        "cp1252 mac_roman cp437",
        (
            "José Muñoz|María Núñez|Íñigo Peña|Ángel Rodríguez|Begoña Ibáñez|Raúl Gutiérrez|Sofía Hernández|"
            "Andrés Cabañas|Mónica Güell|Óscar Domínguez|Lucía Cañizares|Joaquín Avilés|Nuria Yáñez|"
            "Agustín Fariña|Inés Zúñiga"
        ),
    ),
    "Portuguese": (
        "cp1252 mac_roman cp860",
        (
            "João Simões|Conceição Gonçalves|Inês Magalhães|António Falcão|Fábio Araújo|Luís Guimarães|"
            "Mário Brandão|Patrícia Assunção|Júlia Leitão|Estêvão Camões|Sebastião Romão|Lurdes Morgão|"
            "Cátia Galvão|Abílio Frazão|Natália Lourenço"
        ),
    ),
    "Italian": (
        "cp1252 cp850",
        "Niccolò Forlì|Mosè Cantù|Noè Salò|Nicolò Viganò|Josè Pagnà|Calò Mondì",
    ),
    "Swedish": (
        "cp1252 cp850",
        (
            "Åsa Sjöberg|Göran Lindström|Märta Åkesson|Håkan Nyström|Björn Ekström|Örjan Fältskog|"
            "Kerstin Öberg|Pär Hägglund|Jörgen Söderström|Ragnhild Mårtensson"
        ),
    ),
    "Danish": (
        "cp1252 mac_roman cp865",
        (
            "Søren Kjær|Bjørn Østergaard|Åge Nørgaard|Mette Bæk|Jørgen Ærø|Pernille Løvstrøm|Børge Håkansen|"
            "Anne-Grethe Skjødt|Kåre Sørby|Turid Øverland"
        ),
    ),
    "Icelandic": (
        "cp1252 mac_iceland cp861",
        (
            "Guðrún Jónsdóttir|Þórður Sæmundsson|Sigríður Ólafsdóttir|Ásgeir Þorvaldsson|Hörður Bjarnason|"
            "Unnur Ýr Æsudóttir|Davíð Örn Hauksson"
        ),
    ),
    "Polish": (
        "cp1250 iso8859-2 cp852 mac_latin2",
        (
            "Łucja Wójcik|Zbigniew Jabłoński|Małgosia Dąbek|Stanisław Żuraw|Grażyna Święcicka|Paweł Gołąb|"
            "Jadwiga Pięta|Michał Kośmider|Elżbieta Źrebiec|Wojciech Kęska|Mieczysław Ściegienny|"
            "Bożena Kłos|Agnieszka Sęk|Rafał Ćwikła|Kamil Gdańsk"
        ),
    ),
    "Czech": (
        "cp1250 iso8859-2 cp852",
        (
            "Jiří Dvořák|Zdeněk Černý|Růžena Šťastná|Lukáš Kříž|Božena Řezníčková|Tomáš Něměc|"
            "Žaneta Hájková|Přemysl Švehla|Květa Ďurišová|Ondřej Mráček"
        ),
    ),
    "Slovak": (
        "cp1250 iso8859-2",
        "Ľubomír Šoltés|Ľudmila Kováčová|Štefan Hruška|Mária Pôbišová|Ján Ťažký|Božidara Ďurčová|Vojtech Kŕdeľ",
    ),
    "Hungarian": (
        "cp1250 iso8859-2 cp852",
        (
            "Győző Szűcs|Jenő Erdős|Zsófia Kővári|László Őri|Erzsébet Bükkösi|Gergő Túrós|Ágnes Fűrész|"
            "Ödön Söjtöry|Enikő Mező"
        ),
    ),
    "Romanian": (
        "cp1250 iso8859-2",
        "Ştefan Brăescu|Ioana Ţurcanu|Cătălin Păun|Mădălina Râşcanu|Gheorghiţă Vîlcu|Ruxandra Bălăşoiu|Ilinca Stănilă",
    ),
    "Croatian": (
        "cp1250 iso8859-2",
        "Željko Kovačević|Đurđica Šarić|Dražen Živković|Ćiro Blažević|Vesna Čavić|Nataša Župan",
    ),
    "Turkish": (
        "cp1254 cp857 mac_turkish",
        (
            "Çağla Yılmaz|Gökçe Şimşek|İbrahim Doğan|Ayşegül Kılıç|Özgür Işık|Yiğit Çelik|Büşra Güneş|"
            "Oğuzhan Aydın|Tuğba Şahinoğlu|Ümit Balcı"
        ),
    ),
    "Lithuanian": (
        "cp1257 iso8859-4",
        "Jūratė Žukauskaitė|Šarūnas Petrauskas|Ąžuolas Kazlauskis|Vytautas Grinčius|Rūta Mickevičienė|Eglė Bučinskaitė",
    ),
    "Latvian": (
        "cp1257 cp775",
        "Jānis Bērziņš|Dzintra Kļaviņa|Māris Ķēniņš|Ilze Ābola|Pēteris Liepiņš|Ģirts Zariņš",
    ),
    "Estonian": (
        "cp1252 cp1257",
        "Tõnu Põld|Jüri Kõiv|Õie Mägi|Külli Võsu|Üllar Lõhmus",
    ),
    "Russian": (
        "cp1251 koi8-r iso8859-5 cp866",
        "Иван Петров|Наталья Воробьёва|Алексей Щукин|Ольга Кузнецова|Юрий Ельцов|Жанна Фёдорова|Мария Цветкова",
    ),
    "Ukrainian": (
        "cp1251 koi8-u",
        "Олексій Ґудзь|Їжакевич Ганна|Євген Щербань|Оксана Поліщук|Тарас Грицюк",
    ),
    "Greek": (
        "cp1253 iso8859-7",
        "Γιώργος Παπαδόπουλος|Ελένη Άννινου|Νίκος Ξυδάκης|Ζωή Κωνσταντίνου|Χρήστος Ψαρράς",
    ),
}
