"""The words that synthetic voices say: keywords, words easily taken for them, common words."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# Words that sound exactly like a digit in some accent (for, fore, to, too, ate, won, wan, nein,
# sicks) are in no list: a model cannot tell them apart and must not be taught to.
NEAR_MISSES = (
    *("arrow", "burrow", "euro", "gyro", "hero", "narrow", "sorrow", "xerox"),
    *("done", "fun", "gun", "once", "run", "sun", "want", "when", "win", "wine", "wonder"),
    *("blue", "chew", "do", "new", "shoe", "tool", "tooth", "true", "tune", "who", "you"),
    *("free", "sea", "tea", "thirst", "thread", "threw", "thrice", "through", "tree", "street"),
    *("door", "fall", "far", "floor", "force", "fork", "form", "fort", "foe", "more", "war"),
    *("dive", "drive", "fife", "fight", "file", "fine", "fire", "hive", "knife", "life", "live"),
    *("fix", "kicks", "mix", "sick", "sit", "sinks", "socks", "sticks", "thick"),
    *("cousin", "heaven", "lesson", "oven", "savage", "several", "sever", "sudden"),
    *("age", "aid", "ape", "date", "gate", "great", "hate", "it", "late", "wait"),
    *("dine", "line", "mine", "nice", "night", "sign", "time", "vine", "knives"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy"),
    *("eighty", "ninety", "hundred", "thousand", "million", "double", "triple"),
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    *("oh", "nothing", "nil", "nought"),
)
"""Words that share sounds with a digit."""

DIGITS_OF_SOME = ("tree", "free", "it", "hate", "aid", "eighth", "a", "do")
"""Words that some say instead of a digit: "three" with a stop or an f, as in Dublin, Bombay or
London, "eight" short, voiced, behind an h, with a breath or without its end, "two" without the
breath. A network that is shown them as often as its keywords refuses these people."""

COMMON_WORDS = (
    *("yes", "no", "stop", "go", "up", "down", "left", "right", "on", "off", "hello", "okay"),
    *("cat", "dog", "bird", "bed", "house", "happy", "wow", "computer", "music", "light"),
    *("weather", "water", "open", "close", "start", "play", "pause", "next", "please"),
    *("thanks", "morning", "evening", "today", "people", "school", "window", "table", "phone"),
    *("green", "red", "yellow", "money", "mother", "father", "summer", "winter", "coffee"),
    *("kitchen", "question", "number", "answer", "something", "and", "is", "of", "what", "why"),
    *("anna", "david", "john", "julia", "maria", "michael", "peter", "sarah", "sheila"),
)
"""Words that are said often and resemble no digit."""

TAUGHT = ("bed", "cat", "happy", "alexa", "jarvis")
"""Words that teaching one's own words is measured with: the network is never told which of the
words that are no keyword they are."""

LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
"""The names of the letters; a synthesizer is given the capital."""
