"""Word lists that the rules share. Data, no logic: extend a list where a rule misreads a word."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    """
    the a an and of to in is are was you your we our it this that for with on have has had be been left so
    then after from by not no can will would more all now any there they i me my if when how which what at as
    or but buy bought eat ate apples apple fixed login rate bug issue users thank thanks start remaining
    """
)
"""Frequent English words that no other language of FOREIGN has."""

FOREIGN = _words(
    """
    el la los las un una unos que y por para con se su lo es del al tienes tiene tienen quedan queda tengo
    manzana manzanas compras comes hemos corregido nuestro nuestra gracias ahora está le les des du et est une
    pour dans vous nous avez reste restent pommes pomme avons votre avec sur cette merci vielen dank ihre ihr
    beim ich sind bei auf wenn noch der das und ist sie wir haben hast ein eine einen äpfel apfel für mit
    nicht wurde isst kaufst dann übrig kaufen den dem il gli di che per hai mele mela restano abbiamo della
    nel sono você voce tem maçãs maças restam os uma com não foi do da em je hebt appels het een niet zijn van
    nog over en koopt eet ja nie jest na się masz jabłka zostało ve bir için elma kaldı anda saya dan yang
    apel telah untuk dengan memiliki membeli makan tu aux mais donc tes ses mes ton nos cette ces été dich dir
    mir uns euch dein deine unser unsere noch auch aber oder weil haben gibt esto esta este pero porque sus
    nuestros usted ustedes sobre anche sono questo questa perché ma gli della delle abbiamo grazie isso mas
    porque seu sua nós mais obrigado voor naar deze maar omdat jouw onze att och inte har för som jag vi
    """
)
"""Frequent words of other languages, and what they call apples."""

SHARED = _words(
    """
    il der en do over die an in so also was hat not is me no on com per for dan den des don
    """
)
"""Of those, the ones that English has too."""

LOAN = _words(
    """
    café résumé naïve fiancé cliché déjà voilà
    """
)
"""English words with an accent."""

CUT_WORD = _words(
    """
    a an the and or but nor so because since that which who whose when while where if as than then to of in on
    at for from with without by into onto about over under between through during before your our their my his
    its we you they i he she is are was were be been being am has have had having do does did will would can
    could should may might must shall not we've we're we'll you're you'll you've it's that's i'm they're don't
    very more most any some every each also both either such per via like just only making causing preventing
    leading allowing leaving giving getting including this these those please thus therefore hence however
    although though unless until whether
    """
)
"""Words that cannot end a sentence, or seldom do."""

PRONOUNS = _words(
    """
    you we it they i he she
    """
)
"""Subjects that cannot end a sentence after one of JOINS ("so you")."""

JOINS = _words(
    """
    so then and that because if when but which as before after while since until once where
    """
)
"""Words that a clause follows."""

MAY_END = _words(
    """
    so in on it you more most before over through under did do does can will not them about since
    """
)
"""Of CUT_WORD, those that do end sentences ("log in", "read on")."""

LAST_WORDS = _words(
    """
    apple apples left remaining remain total now altogether again before after initially originally first more
    away already one two three four five six eaten bought ate it them those these all you us me everyone
    everybody anyone patience understanding support time times day days today tomorrow feedback trust team
    smoothly easily quickly safely securely freely normally properly correctly seamlessly reliably smoother
    better faster safer easier experience access account accounts login logins login-in sign-in sign-ins in
    out on up through back users user service product app community help hesitate bug bugs issue issues
    problem problems trouble hassle worry worries ease confidence interruption interruptions frustration
    inconvenience limits limit limiting attempts lockouts delay delays fixed resolved gone solved here there
    ever soon always too well expected intended needed usual possible ready forward anytime free happy good
    great way ways love friends folks peace mind answer result explanation hungry math equation
    """
)
"""Words that answers to the built-in prompts end in, with a mark or without."""

ENDINGS = _words(
    """
    es ed ing er ly ers ings 's 've 'll 're n't out in
    """
)
"""What may follow a stem, so that the stem is no word broken off."""

FIRST_NAMES = _words(
    """
    john jane james robert michael william david richard joseph thomas charles daniel matthew anthony mark
    donald steven paul andrew joshua kevin brian george edward jason jeff ryan jacob gary nick nicholas eric
    jonathan stephen larry justin scott brandon benjamin samuel frank alexander alex jack dennis jerry tyler
    aaron jose henry adam mary patricia jennifer linda elizabeth barbara susan jessica sarah sara karen lisa
    nancy betty sandra margaret ashley kimberly emily donna michelle carol amanda melissa laura anna emma
    olivia sophia ava mia alice bob charlie dave eve mike tom tim sam ben kate maria ali ahmed mohammed priya
    raj wei chen li anita carlos juan luis pedro smith doe johnson brown jones miller davis garcia wilson
    anderson lee max leo lucy peter steve chris rachel rebecca megan hannah julia sophie
    """
)
"""Names of people, and a few surnames, in lower case."""

CODE_NAMES = _words(
    """
    phoenix apollo atlas titan orion nova zeus hermes athena mercury gemini aurora falcon eagle horizon
    odyssey pegasus neptune jupiter saturn vega helios artemis poseidon hydra kraken griffin everest olympus
    genesis zenith nimbus catalyst quantum nebula galaxy stellar eclipse
    """
)
"""What projects and products like to be called."""

GENERIC = _words(
    """
    i i'm i've i'll i'd we login logins log rate limiting limit limits limiter limited release note notes bug
    bugs fix fixes fixed update updates team teams the a an our your you security support engineering product
    development dev devs devops platform api apis ui url http https json gdpr hipaa pci soc iso ccpa sox dss
    owasp faq sign sign-in sign-on in on up out issue issues improvement improvements account accounts user
    users customer customers service access authentication auth system app hi hello hey dear thanks thank best
    regards cheers happy good great news hotfix patch version english internet ip ddos sla it hr qa ceo cto
    cfo kpi roi ok okay yes no and or of to for with from by at as is was has have been now that this it's ai
    ml llm sso mfa vpn aws tls ssl xss csrf sql db cpu gpu ram throttling lockout lockouts error errors enjoy
    please welcome resolved solved squashed smoother faster safer experience changelog summary announcement
    what's new rollout web us eu uk monday
    """
)
"""Words that may be capitalised inside a sentence and are no name."""

NOBODY = _words(
    """
    someone everyone nobody everybody what that here there today they you who let he she developers engineers
    """
)
"""Other words that a sentence may begin with, before "has fixed" or "'s", and that name nobody."""

NO_NAME = _words(
    """
    You Then Finally And Also After Next One Apple Apples Later Once Now Since Because That This The She They
    Having Who Which It We Two Three There Afterwards First Lastly Buy Eat Already
    """
)
"""Capitalised words before "had" or "ate" that are no name."""
