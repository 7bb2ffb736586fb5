namespace Sora.Contracts;

/// <summary>What may be a member of an external list (RFC 6134): one line of text.</summary>
public static class SieveListMember
{
    /// <summary>Longest member in UTF-16 units; longer than any address.</summary>
    public const int MaxLength = 1000;

    /// <summary>A member without white space around it. CANNOT when it is empty, has control characters or lone surrogates; LIMIT when it is too long.</summary>
    public static MailResult<string> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var member = text.Trim();
        if (member.Length == 0)
            return new MailError(MailErrorCode.Cannot, "a member of a list cannot be empty");
        if (member.Length > MaxLength)
            return new MailError(MailErrorCode.Limit, $"a member of a list has at most {MaxLength} characters");
        for (var i = 0; i < member.Length; i++)
        {
            if (char.IsControl(member[i]))
                return new MailError(MailErrorCode.Cannot, "a member of a list has no control characters");
            if (char.IsHighSurrogate(member[i]) && i + 1 < member.Length && char.IsLowSurrogate(member[i + 1]))
                i++;
            else if (char.IsSurrogate(member[i]))
                return new MailError(MailErrorCode.Cannot, "a member of a list is not valid Unicode");
        }

        return member;
    }

    /// <summary>
    /// Reads a file of members: UTF-8, one on each line, empty lines and those that begin with <c>#</c> left out. CANNOT with the number of the line.
    /// </summary>
    public static MailResult<List<string>> ParseLines(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("\uFEFF"u8))
            file = file[3..];
        if (!System.Text.Unicode.Utf8.IsValid(file))
            return new MailError(MailErrorCode.Cannot, "it is not UTF-8");
        var members = new List<string>();
        var number = 0;
        foreach (var range in file.Split((byte)'\n'))
        {
            number++;
            var line = file[range].Trim(" \t\r"u8);
            if (line.IsEmpty || line[0] == '#')
                continue;
            var member = Parse(System.Text.Encoding.UTF8.GetString(line));
            if (!member.IsOk)
                return member.Error with { Text = $"line {number}: {member.Error.Text}" };
            members.Add(member.Value);
        }

        return members;
    }
}
