using System.Text;

namespace Sora.Contracts;

/// <summary>
/// Name of a mailbox in its account: Unicode in <see cref="NormalForm"/> C, hierarchy separator <c>/</c>, INBOX spelled in capitals (RFC 9051 section 5.1).
/// Other names differ by case.
/// </summary>
[GenerateSerializer, Alias("sora.MailboxName"), Immutable]
public readonly record struct MailboxName
{
    public const char Separator = '/';

    /// <summary>Longest name in UTF-8 bytes.</summary>
    public const int MaxBytes = 1000;

    /// <summary>Longest level in UTF-8 bytes.</summary>
    public const int MaxLevelBytes = 255;

    public const int MaxLevels = 32;

    // A name that is longer than this is too long in any form: composing makes no text shorter than a quarter in code units
    private const int MaxSupplied = 4 * MaxBytes;

    public static readonly MailboxName Inbox = new("INBOX");

    [Id(0)]
    private readonly string? _value;

    private MailboxName(string value) => _value = value;

    public string Value => _value ?? "";

    public bool IsInbox => Value == "INBOX";

    /// <summary>The name one level up, or null for a name at the top.</summary>
    public MailboxName? Parent => Value.LastIndexOf(Separator) is > 0 and var at ? new MailboxName(Value[..at]) : null;

    /// <summary>True for names below <paramref name="ancestor"/>, at any depth.</summary>
    public bool IsBelow(MailboxName ancestor) =>
        Value.Length > ancestor.Value.Length && Value[ancestor.Value.Length] == Separator && Value.StartsWith(ancestor.Value, StringComparison.Ordinal);

    /// <summary>The name with its leading <paramref name="from"/> replaced; for names equal to it or below it.</summary>
    public MailboxName Rebase(MailboxName from, MailboxName to) => new(string.Concat(to.Value, Value.AsSpan(from.Value.Length)));

    /// <summary>
    /// Checks a name and puts it into Normalization Form C, so that two that look the same are one: Apple's clients decompose. Refused are empty names and levels, the levels <c>.</c> and <c>..</c>, control characters, lone
    /// surrogates, the wildcards <c>%</c> and <c>*</c>, and what is longer than the limits. One trailing separator is dropped (RFC 9051 section 6.3.4).
    /// </summary>
    public static MailResult<MailboxName> Parse(string text)
    {
        if (text.EndsWith(Separator))
            text = text[..^1];
        if (text.Length == 0)
            return new MailError(MailErrorCode.Cannot, "Mailbox name is empty");
        if (text.Length <= MaxSupplied)
            text = NormalForm.Compose(text);
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return new MailError(MailErrorCode.Limit, "Mailbox name is too long");
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsControl(c) || c is '%' or '*' or '\u2028' or '\u2029')
                return new MailError(MailErrorCode.Cannot, "Mailbox name has a character that is not allowed");
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(c))
                return new MailError(MailErrorCode.Cannot, "Mailbox name is not valid Unicode");
        }

        var levels = 0;
        foreach (var range in text.AsSpan().Split(Separator))
        {
            var level = text.AsSpan(range);
            if (level.IsEmpty)
                return new MailError(MailErrorCode.Cannot, "Mailbox name has an empty level");
            if (level is "." or "..")
                return new MailError(MailErrorCode.Cannot, "Mailbox name has a level that is not allowed");
            if (Encoding.UTF8.GetByteCount(level) > MaxLevelBytes)
                return new MailError(MailErrorCode.Limit, "A level of the mailbox name is too long");
            if (++levels > MaxLevels)
                return new MailError(MailErrorCode.Limit, "Mailbox name has too many levels");
        }

        if (text.StartsWith("INBOX", StringComparison.OrdinalIgnoreCase) && (text.Length == 5 || text[5] == Separator))
            text = string.Concat("INBOX", text.AsSpan(5));
        return new MailboxName(text);
    }

    /// <summary>
    /// A name that the store has. It was checked when it got there, perhaps by an earlier version with other limits: nothing is refused, or a mailbox
    /// could no longer be reached.
    /// </summary>
    public static MailboxName Stored(string text) => new(NormalForm.Compose(text));

    /// <summary>The order of lists: ordinal, INBOX and what is below it first.</summary>
    public static int CompareInLists(MailboxName left, MailboxName right)
    {
        var (leftInbox, rightInbox) = (left.IsInbox || left.IsBelow(Inbox), right.IsInbox || right.IsBelow(Inbox));
        return leftInbox != rightInbox ? (leftInbox ? -1 : 1) : string.CompareOrdinal(left.Value, right.Value);
    }

    public override string ToString() => Value;
}
