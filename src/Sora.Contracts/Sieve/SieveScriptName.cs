namespace Sora.Contracts;

/// <summary>Name of a script in its account (RFC 5804 section 1.6): Unicode, 1 to 128 characters. Names differ by case and by normalisation form.</summary>
[GenerateSerializer, Alias("sora.SieveScriptName"), Immutable]
public readonly record struct SieveScriptName
{
    /// <summary>Longest name in Unicode characters.</summary>
    public const int MaxCharacters = 128;

    [Id(0)]
    private readonly string? _value;

    private SieveScriptName(string value) => _value = value;

    /// <summary>The name.</summary>
    public string Value => _value ?? "";

    /// <summary>
    /// Checks a name. Refused with CANNOT are the empty name, control characters, the line and paragraph separators and lone surrogates, with
    /// LIMIT what is longer than <see cref="MaxCharacters"/>.
    /// </summary>
    public static MailResult<SieveScriptName> Parse(string text)
    {
        if (text.Length == 0)
            return new MailError(MailErrorCode.Cannot, "Script name is empty");
        if (text.Length > 2 * MaxCharacters)
            return TooLong();
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || text[i] is '\u2028' or '\u2029')
                return new MailError(MailErrorCode.Cannot, "Script name has a character that is not allowed");
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return new MailError(MailErrorCode.Cannot, "Script name is not valid Unicode");
        }

        return CountCharacters(text) > MaxCharacters ? TooLong() : new SieveScriptName(text);
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static int CountCharacters(string name)
    {
        var count = 0;
        foreach (var _ in name.EnumerateRunes())
            count++;
        return count;
    }

    private static MailError TooLong() => new(MailErrorCode.Limit, "Script name is too long");
}
