"""English words as people say them whose first language is another.

A synthetic voice of that language reads each word as the language would write what it hears:
"थ्री" is how Hindi writes "three", and its voice says it with the aspirated stop that many Indians
say. The sounds are the language's own, which no English voice makes. Other words are said
beside the digits, so that a foreign sound alone does not tell a digit.
"""

from collections.abc import Sequence

import numpy as np

WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("sick", "fine", "heaven", "late", "door", "hero", "done", "more", "life"),
    *("ten", "gate", "line", "no", "yes", "stop", "left", "right", "down", "hello"),
    *("music", "open", "please", "number", "time", "fire"),
)
"""What is said, in the order of the spellings."""

_SPELLINGS = {
    "hi": """
        ज़ीरो वन टू थ्री फ़ोर फ़ाइव सिक्स सेवन एट नाइन
        सिक फ़ाइन हेवन लेट डोर हीरो डन मोर लाइफ़
        टेन गेट लाइन नो यस स्टॉप लेफ़्ट राइट डाउन हेलो
        म्यूज़िक ओपन प्लीज़ नंबर टाइम फ़ायर""",
    "mr": """
        जीरो वन टू थ्री फोर फाइव सिक्स सेवन एट नाइन
        सिक फाइन हेवन लेट डोर हीरो डन मोर लाइफ
        टेन गेट लाइन नो यस स्टॉप लेफ्ट राइट डाउन हेलो
        म्यूजिक ओपन प्लीज नंबर टाइम फायर""",
    # The south of India has no breath behind the stop of "three".
    "te": """
        జీరో వన్ టూ త్రీ ఫోర్ ఫైవ్ సిక్స్ సెవెన్ ఏట్ నైన్
        సిక్ ఫైన్ హెవెన్ లేట్ డోర్ హీరో డన్ మోర్ లైఫ్
        టెన్ గేట్ లైన్ నో యస్ స్టాప్ లెఫ్ట్ రైట్ డౌన్ హలో
        మ్యూజిక్ ఓపెన్ ప్లీజ్ నెంబర్ టైమ్ ఫైర్""",
    "kn": """
        ಜೀರೋ ವನ್ ಟೂ ತ್ರೀ ಫೋರ್ ಫೈವ್ ಸಿಕ್ಸ್ ಸೆವೆನ್ ಎಯ್ಟ್ ನೈನ್
        ಸಿಕ್ ಫೈನ್ ಹೆವೆನ್ ಲೇಟ್ ಡೋರ್ ಹೀರೋ ಡನ್ ಮೋರ್ ಲೈಫ್
        ಟೆನ್ ಗೇಟ್ ಲೈನ್ ನೋ ಯೆಸ್ ಸ್ಟಾಪ್ ಲೆಫ್ಟ್ ರೈಟ್ ಡೌನ್ ಹಲೋ
        ಮ್ಯೂಸಿಕ್ ಓಪನ್ ಪ್ಲೀಸ್ ನಂಬರ್ ಟೈಮ್ ಫೈರ್""",
    "el": """
        ζίρο ουάν του θρι φορ φάιβ σιξ σέβεν έιτ νάιν
        σικ φάιν χέβεν λέιτ ντορ χίρο νταν μορ λάιφ
        τεν γκέιτ λάιν νόου γες στοπ λεφτ ράιτ ντάουν χελό
        μιούζικ όπεν πλιζ νάμπερ τάιμ φάιερ""",
    # Spanish writes no "zr"; in the brackets are espeak-ng's own signs for the sounds.
    "es": """
        siro uan tu [[Tr'i]] for faiv six seven eit nain
        sik fain jeven leit dor jiro dan mor laif
        ten gueit lain nou yes estop left rait daun jelou
        miúsik oupen plis námber taim fáier""",
    "de": """
        siro uann tu Sri for faif ßiks ßewen eejt nain
        ßick fain hewen leejt dor hiro dann mor laif
        tenn gehjt lain no jess stopp left rait daun hello
        musik open plies namber taim faier""",
    "fr-fr": """
        ziro ouane tou sri fore faillve sixe sévène éïte naillne
        sique faillne hévène léïte dore hiro danne more laillfe
        tène guéïte laillne no yesse stoppe lefte raillte daoune hello
        miouzique opène plise nambeur taillme faïeur""",
    "ru": """
        зиро уан ту сри фор файв сикс севен эйт найн
        сик файн хэвен лейт дор хиро дан мор лайф
        тэн гейт лайн ноу йес стоп лефт райт даун хэллоу
        мьюзик оупен плиз намбер тайм файер""",
}
SPELLINGS = {
    language: dict(zip(WORDS, spellings.split(), strict=True))
    for language, spellings in _SPELLINGS.items()
}
"""For each of espeak-ng's languages, how it writes what an English word sounds like."""


def draw_voices(
    random: np.random.Generator, count: int, variants: Sequence[str]
) -> list[tuple[str, str]]:
    """Draw languages and the voices' variants, each of them alike often.

    Of the languages four are India's, which has more speakers of English than all others here.

    Parameters
    ----------
    random
        What is drawn from.
    count
        How many.
    variants
        espeak-ng's variants of a voice.

    Returns
    -------
    list of tuple
        Language and variant; all variants are used before one is used again.
    """
    order = random.permutation(len(variants))
    languages = tuple(SPELLINGS)
    first = int(random.integers(len(languages)))
    return [
        (
            languages[(first + number) % len(languages)],
            variants[order[number % len(variants)]],
        )
        for number in range(count)
    ]
