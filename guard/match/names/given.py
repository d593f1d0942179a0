"""Given names, their short forms, and frequent surnames: what makes two ordinary words look like a person.

Written for this project from general knowledge; short on purpose. A name that is not here is still found: the lists only
decide how strong an alias made of dictionary words is, and which short forms are added at ingest.
"""

from collections.abc import Mapping
from functools import cache

# Words that belong to the surname after them.
PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "della",
        "di",
        "du",
        "van",
        "von",
        "der",
        "den",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ben",
        "bint",
        "st",
        "saint",
        "mac",
        "mc",
        "o",
        "y",
        "e",
        "af",
        "av",
        "zu",
        "zur",
    ]
)

# One line a group: forms of one given name that people use for each other; the first is the full form.
_GROUPS = """
abigail abby gail|abraham abe|adam|adelaide addie|adrian|agnes|aidan|alan allan allen al|albert al bert bertie|alexander alex alec sandy xander sasha lex|alexandra alex sandra sasha lexi
alfred al alf alfie fred|alice ali|alison ali|allison allie|amanda mandy|amelia amy millie|andrew andy drew|angela angie|angelina angie|ann annie anna|anthony tony ant|antonio tony|antoinette toni
archibald archie|arnold arnie|arthur art artie|ashley ash|audrey|augustus gus|barbara barb barbie babs|barry|bartholomew bart|beatrice bea trixie|benedict ben|benjamin ben benny benji|bernard bernie
bernadette bernie|bertram bert|beverly bev|bradley brad|brandon|brenda|brian bryan|bridget biddy|bruce|caleb cal|calvin cal|cameron cam|carl|carol carrie|caroline carrie caro|carolyn|cassandra cass cassie
catherine cathy kate katie cat|katherine kathy kate katie kat kit|kathleen kathy kath|cecilia cece|charles charlie chuck chas|charlotte charlie lottie|chelsea|christian chris|christina chris tina chrissy
christine chris chrissy tina|christopher chris topher kit|clarence|clark|clifford cliff|clinton clint|clive|colin|connor|constance connie|cordelia|cornelius neil|courtney|craig|crystal|curtis curt|cynthia cindy
daniel dan danny|danielle dani|daphne|darren|david dave davey|dean|deborah deb debbie debby|dennis denny|derek|desmond des|diana di|diane di|dominic dom|donald don donny donnie|donna|dorothy dot dottie dolly
douglas doug|duncan|dustin|dwayne|dwight|earl|edgar ed|edith edie|edmund ed eddie ned|edward ed eddie ted teddy ned|edwin ed|eileen|elaine|eleanor ellie nell nora|elijah eli|elizabeth liz lizzie beth betty betsy eliza lisa libby
ellen nell ellie|emily em emmy|emma em|emmanuel manny|eric rick|erin|ernest ernie|esther|ethan|eugene gene|eva|evelyn evie|ezekiel zeke|felicity|felix|florence flo florrie|frances fran frankie francie
francis frank fran|franklin frank|frederick fred freddie rick|gabriel gabe|gabrielle gabby|gareth|gary|gavin|geoffrey geoff jeff|george georgie|georgina georgie|gerald gerry jerry|geraldine gerry|gilbert gil bert
gillian gill jill|glenn|gloria|gordon|grace|graham|grant|gregory greg|gwendolyn gwen|hannah|harold harry hal|harriet hattie|harrison harry|harvey harv|hazel|heather|hector|heidi|helen nell|henry harry hank hal
henrietta hattie|herbert herb bert|herman|holly|howard howie|hubert hugh|hugo|humphrey|ian|ignatius iggy|irene|isaac ike zac|isabel izzy bella|isabella izzy bella|jack|jackson jack|jacob jake|jacqueline jackie
james jim jimmy jamie|jamie|jane janie|janet jan|janice jan|jared|jason jay|jasmine jas|jean|jeffrey jeff|jemima|jennifer jen jenny jenna|jeremiah jerry|jeremy jez jerry|jerome jerry|jesse jess|jessica jess jessie|jill
joan joanie|joanna jo|joanne jo|joel|john johnny jack jon|jonathan jon jonny john|jordan|joseph joe joey|josephine jo josie|joshua josh|joyce|juan|judith judy|julia jules|julian jules|julie jules|juliet|justin|karen
keith|kelly|kenneth ken kenny|kevin kev|kimberly kim|kirk|kristen kris|kyle|larry|laura laurie|lauren|laurence larry laurie|lawrence larry laurie lars|leah|lee|leo|leonard leo len lenny|leonardo leo|leslie les|lewis lew|lillian lily
linda lindy|lindsay|lionel|lisa|logan|lois|louis lou louie|louise lou|lucas luke|lucille lucy|lucy|luke|lydia|lynn|madeline maddie|madison maddie|magdalena maggie lena|malcolm mal|marcus marc|margaret maggie meg peggy marge greta daisy rita
maria|marie|marilyn|marion|mark|marshall|martha|martin marty|marvin marv|mary molly polly mae|mason|matilda tilly|matthew matt matty|maureen mo|maurice mo|maxwell max|maximilian max|megan meg|melanie mel|melissa mel missy|meryl
michael mike mick mickey micky|michelle shelly|mildred millie|miles|millicent millie|miranda|mitchell mitch|molly|monica|morgan|moses mo|muriel|nancy nan|natalie nat|natasha tasha|nathan nate|nathaniel nate nathan nat|neil|nelson
nicholas nick nicky|nicole nicky nikki|nigel|noah|noel|nora|norman norm|oliver ollie|olivia liv livvy|oprah|oscar|owen|pamela pam|patricia pat patty tricia trish|patrick pat paddy rick|paul|paula|penelope penny|perry|peter pete
philip phil pip|phillip phil|phoebe|phyllis|quentin|rachel rach|ralph|ramona mona|randall randy|randolph randy|raphael raph|raymond ray|rebecca becky becca|reginald reg reggie|rex|richard rick dick rich richie ricky
robert bob bobby rob robbie bert|roberta bobbie|robin|rodney rod|roger|roland|ronald ron ronnie|rosalind roz|rosemary rosie|ross|roy|russell russ|ruth|ryan|ryder|sabrina|samantha sam|samuel sam sammy|sarah sally sadie|scarlett|scott
sean|sebastian seb bash|selena|serena|seth|seymour|shannon|sharon shaz|shawn|sheila|shirley|sidney sid|simon|sophia sophie|stacy|stanley stan|stella|stephanie steph|stephen steve|steven steve stevie|stuart stu|susan sue susie suzy
sylvester sly|sylvia|tabitha tabby|tamara tammy|taylor tay|terence terry|theresa terry tess|theodore theo ted teddy|theodora thea dora|thomas tom tommy|tiffany tiff|timothy tim timmy|tobias toby|todd|tom|tracy|travis|trevor|tristan
tyler|ursula|valerie val|vanessa|vernon vern|veronica ronnie|vera|victor vic|victoria vicky vic tori|vincent vince vinny|violet vi|virginia ginny ginger|vivian viv|wallace wally|walter walt wally|wanda|warren|wayne|wendy|wesley wes
wilfred wilf|wilhelmina mina|william will bill billy willie liam|winifred winnie|winston|woodrow woody|yvonne|zachary zach zack|zoe|angus|alistair|blake|brooke|bonnie|bryce|chad|chloe|cole|corey|dakota|darcy|darlene|dylan|elton|elvis
francisco paco pancho|jose pepe|guadalupe lupe|dolores lola|enrique kike|ignacio nacho|rafael rafa|manuel manolo manny|alejandro alex|guillermo memo|jesus chuy|roberto beto|eduardo edu lalo|fernando nando|francesca fran|giovanni gianni
giuseppe beppe pino|salvatore totò|vladimir vova volodya|dmitri dima mitya|dmitry dima mitya|mikhail misha|aleksandr sasha|alexei alyosha|alexey alyosha|ivan vanya|nikolai kolya|sergei seryozha|sergey seryozha|yevgeny zhenya|anastasia nastya
ekaterina katya|maria masha|natalia natasha|tatiana tanya|olga olya|svetlana sveta|yekaterina katya|boris borya|konstantin kostya|pavel pasha|yuri yura|mohammed mo mohamed muhammad mohammad|abdullah|hans|johannes hans|friedrich fritz
heinrich heinz|nicolas nick nic nico nicky|timothee tim timmy|timothy tim timmy|lionel leo lio|leonardo leo|christopher kris|chris kris|emmanuel emanuel|nicolae nicu|francisco paco pancho|jose pepe|alejandro alex ale|roberto beto|eduardo edu lalo|enrique quique|ignacio nacho|guillermo memo|rafael rafa|fernando nando|sergio checo|antonin tonda|frantisek franta|jaroslav jarda|miroslav mirek|stanislaw stas staszek|andrzej jedrek|krzysztof krzysiek|malgorzata gosia|katarzyna kasia|agnieszka aga|giuseppe beppe peppe|francesco franco checco|vincenzo enzo|salvatore toto|guillaume guy|zlatan ibra|recep|volodymyr vova|sebastian basti|matthias|ludwig lutz|wolfgang wolf|katharina kathi|elisabeth lisi elsa
"""

_OTHERS = """
aaron abdul adele agatha ahmed ahmad aisha akira alba alberto aldo alejandra alessandro alexis alexandre ali alicia alina alma amal amar amber amina amir amit amy ana anastasia andre andrea andreas andrei anders angel anil anita anjali anne annika
antoine anton anya apollo arjun arnaud arianna ariel arun asha astrid aurora austin ava axel ayesha ayumi barack beata ben bernardo bianca bill billie bjorn bob bobby brad brendan brigitte britney bruno camila camilla carla carlo carlos carmen cate celine
cesar chandra charlize chen chiara chris ciara claire clara claude claudia claudio cole colleen coco cristiano dale dana dani dario deepika demi denise denzel desiree diego dieter dirk dolly dominique donatella dong dora drake dua dwayne ed eddie edith eduardo
elena eli elias elif elisa elise elon emil emilia emiliano emilio emmanuel enzo erik erika ernesto esperanza esteban eva fabio fabian farah fatima federico felipe fiona francois frank freya frida gal gavin gemma georg georgia gerard germaine gina giorgio giulia
gisele gordon greta guido gunther gustav gustavo hamza harry hassan hayley heath heidi helena helmut hillary hiroshi hugh hussein ibrahim idris ilya imran ines ingrid irina iris isabelle isla ivana jackie jada jan jay jean jenna jens jerry jessie jim jimmy jin joachim
joaquin joe johan jon jorge josef joseph josh julio jung jurgen kamala kanye kareem karim karl karla katarina kate katy kazuo keanu keira ken kendall kendrick khalid kim kourtney khloe kris krishna kurt kylie lana lance lara lars latoya leila lena leon leonor leticia
li lily lin lionel liu livia liz lorenzo luca lucia luciano luigi luis luisa lupita mads mahmoud manuela marc marcel marcello marco margarita margot mariah mariana mario marion marissa marta mateo matt max maya mehmet mei mel melania melinda mia michel miguel mika
mila milan mila miley ming mira miriam mohamed monika mustafa nadia naomi narendra natalia neha neymar nick nicki nicolas nicola niels nikita nina noam nora odette olaf olga omar orlando otto pablo paloma paolo paris patrice pedro pedri penelope petra pharrell pierre
pilar priya priyanka quincy rafael raj rajesh ramon rania raul ravi reese rene rhys ricardo ricky rihanna rishi rita rob rocco rodrigo rohan romeo ron rosa rosalia rowan ruben ruby rupert rosie sachin sacha said salma salman salvador sam sandra sandro sanjay santiago
sara saskia selma sergio shah shakira shaun shinzo sienna silvia silvio simone sofia sonia sophie soren steffi stefan stefano steve sue sunil sunita suresh susanna suzanne sven tamara tariq tatiana ted teresa thierry thor tiger till tim tina tobey toby tom tomas tony
trudy uma umar valentina valentino vanessa vera vicente viktor vin virat viola vivek vito walid wei werner wes will willem woody xavier xi yan yasmin yoko yoshi yuki yusuf yves faith joy june april dawn eve ruby pearl jade ivy daisy olive hunter summer autumn skye sky clay cliff dick guy jude kim lou mo norm pat rich rob rusty sterling tate ty van ward woody jon marc bruno rex rocky sage sunny willow heath reed dale glen zac zain zendaya zhang zinedine zlatan zoe zara zayn
ada alberta alla avril brady brent brett byron cara carey carson casey chandler chester chet clyde cody conrad cyrus damon dante denis devon dina doyle elke elliot elliott ellis emerson ernst errol evan finn floyd flynn garrett harley inga irving jacques jonas julius kara katrina kaya kerry kobe leigh leone lester lloyd luc luka luther malik meredith milton morris murray nadal neal nia nolan paulo percy petr preston quinn riley ronaldo rory rudy saul shane solomon stewart trent troy tyson whitney
"""

_SURNAMES = """
smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king wright scott torres nguyen hill
flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson
watson brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez powell jenkins perry russell sullivan bell coleman butler henderson barnes gonzales fisher vasquez simmons romero jordan patterson alexander hamilton
graham reynolds griffin wallace moreno west cole hayes bryant herrera gibson ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald woods washington kennedy wells vargas henry chen freeman webb tucker guzman burns crawford olson simpson porter
hunter gordon mendez silva shaw snyder mason dixon munoz hunt hicks holmes palmer wagner black robertson boyd rose stone salazar fox warren mills meyer rice schmidt garza daniels ferguson nichols stephens soto weaver ryan gardner payne grant dunn kelley spencer hawkins arnold pierce
hansen peters santos hart bradley knight elliott cunningham duncan armstrong hudson carroll lane riley andrews alvarado ray delgado berry perkins hoffman johnston matthews pena richards contreras willis carpenter lawrence sandoval guerrero george chapman rios estrada ortega watkins
müller schneider fischer weber becker schulz koch bauer richter klein wolf neumann schwarz zimmermann braun krüger hartmann lange werner krause lehmann rossi russo ferrari esposito bianchi romano colombo ricci marino greco bruno gallo conti costa dubois durand leroy moreau simon laurent
lefebvre michel petit roux fournier ivanov smirnov kuznetsov popov petrov sokolov lebedev kozlov novikov morozov volkov wang li zhang liu yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo tanaka suzuki sato takahashi watanabe ito yamamoto nakamura kobayashi kato park choi jung kang
singh kumar sharma gupta khan ahmed ali hussain shah das yilmaz kaya demir celik sahin silva santos oliveira souza lima pereira ferreira costa
"""


@cache
def groups() -> tuple[tuple[str, ...], ...]:
    """Forms of one given name, the full form first."""
    return tuple(tuple(group.split()) for line in _GROUPS.split("\n") for group in line.split("|") if group.strip())


@cache
def short_forms() -> Mapping[str, tuple[str, ...]]:
    """For every form the other forms of the same name, nearest first."""
    out: dict[str, list[str]] = {}
    for full, *short in groups():
        out.setdefault(full, []).extend(short)
        for form in short:
            if len(form) > 2:
                out.setdefault(form, []).append(full)
                out[form].extend(other for other in short if other != form)
    return {name: tuple(dict.fromkeys(forms)) for name, forms in out.items()}


@cache
def given_names() -> frozenset[str]:
    """Folded given names and their short forms."""
    return frozenset({form for group in groups() for form in group} | set(_OTHERS.split()))


@cache
def surnames() -> frozenset[str]:
    """Folded frequent surnames."""
    return frozenset(word.replace("ü", "u") for word in _SURNAMES.split())
