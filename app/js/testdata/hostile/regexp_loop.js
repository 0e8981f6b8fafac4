for (;;) /(a|ab)(bc|c)*?\2$/.test('abcbcbcbcbcbcbcbc')
