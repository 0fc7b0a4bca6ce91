"""What the words of a text are, as RE2 writes it, which TensorFlow and Arrow both speak."""

# Scripts without blanks between words, and emoji: of these each sign is a word.
SIGN = (
    r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\x{2600}-\x{27BF}\x{2B00}-\x{2BFF}\x{1F000}-\x{1FAFF}]\p{M}*)"
)
# What stands between words: all but letters, marks, digits and emoji.
NO_WORD = r"[^\p{L}\p{M}\p{N}\x{2600}-\x{27BF}\x{2B00}-\x{2BFF}\x{1F000}-\x{1FAFF}]+"
