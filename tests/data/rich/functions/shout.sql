upper(word) || '!'
