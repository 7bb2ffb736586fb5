using System.Globalization;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Wire;

internal ref partial struct ImapParser
{
    private static readonly string[] Months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>sequence-set, or <c>$</c> (RFC 5182).</summary>
    public SequenceSet SequenceSet()
    {
        if (TryByte((byte)'$'))
            return Wire.SequenceSet.Saved;
        var ranges = new List<UidRange>();
        do
        {
            var first = SeqNumber();
            var last = TryByte((byte)':') ? SeqNumber() : first;
            ranges.Add(new UidRange(first, last));
        }
        while (TryByte((byte)','));
        return new SequenceSet(ranges);
    }

    /// <summary>A sequence-set of message numbers where the command's own form does not say so, as in a search key.</summary>
    public SequenceSet MessageNumbers()
    {
        var set = SequenceSet();
        if (set.IsSaved)
            return set;
        if (UidOnly)
            throw new ImapSyntaxException("Message numbers are not used after ENABLE UIDONLY", ResponseCode.UidRequired);
        UsesNumbers = true;
        return set;
    }

    /// <summary>partial-range of RFC 9394: both numbers from the start, or both with a minus from the end.</summary>
    public PartialRange PartialRange()
    {
        var fromEnd = TryByte((byte)'-');
        var first = NzNumber();
        if (!TryByte((byte)':') || TryByte((byte)'-') != fromEnd)
            throw Error("a range such as 1:100 or -1:-100");
        var last = NzNumber();
        return new PartialRange(Math.Min(first, last), Math.Max(first, last), fromEnd);
    }

    /// <summary>seq-number: one number or <c>*</c>.</summary>
    public SequenceSet SeqNumberSet()
    {
        var number = SeqNumber();
        return new SequenceSet([new UidRange(number, number)]);
    }

    /// <summary>True when a sequence-set begins here.</summary>
    public readonly bool AtSequenceSet => !AtEnd && _input[Position] is (byte)'*' or (byte)'$' or (>= (byte)'0' and <= (byte)'9');

    /// <summary>flag-list.</summary>
    public FlagSet FlagList()
    {
        Open();
        var builder = new FlagBuilder();
        if (!Peek((byte)')'))
        {
            do
                Flag(builder);
            while (TrySpace());
        }

        Close();
        return builder.ToSet();
    }

    /// <summary>What STORE takes: a flag-list, or flags without parentheses.</summary>
    public FlagSet StoreFlags()
    {
        if (Peek((byte)'('))
            return FlagList();
        var builder = new FlagBuilder();
        do
            Flag(builder);
        while (TrySpace());
        return builder.ToSet();
    }

    /// <summary>date-time: <c>"17-Jul-1996 02:44:25 -0700"</c>; the day may begin with a space.</summary>
    public DateTimeOffset DateTime()
    {
        var start = Position;
        var text = Encoding.Latin1.GetString(TryByte((byte)'"') ? QuotedRest() : throw Error("a date and time"));
        if (System.DateTimeOffset.TryParseExact(
                text.TrimStart(' '), ["d-MMM-yyyy HH:mm:ss zzz"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var value)
            && text.Length == 26)
            return value;
        Position = start;
        throw Error("a date and time");
    }

    /// <summary>date of SEARCH: <c>1-Feb-1994</c>, quoted or not.</summary>
    public DateOnly Date()
    {
        var start = Position;
        var quoted = TryByte((byte)'"');
        var day = Number();
        if (TryByte((byte)'-') && Position + 3 <= _input.Length)
        {
            var name = Encoding.Latin1.GetString(_input.Slice(Position, 3));
            var month = Array.FindIndex(Months, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) + 1;
            Position += 3;
            if (month > 0 && TryByte((byte)'-'))
            {
                var at = Position;
                var year = Number();
                if (Position - at == 4 && year >= 1 && day >= 1 && day <= System.DateTime.DaysInMonth((int)year, month)
                    && (!quoted || TryByte((byte)'"')))
                    return new DateOnly((int)year, month, (int)day);
            }
        }

        Position = start;
        throw Error("a date");
    }

    /// <summary>One flag: a system flag or a keyword. \Recent cannot be given.</summary>
    private void Flag(FlagBuilder builder)
    {
        if (TryByte((byte)'\\'))
        {
            var start = Position;
            var name = Atom("a flag");
            var flag = name switch
            {
                "SEEN" => SystemFlags.Seen,
                "ANSWERED" => SystemFlags.Answered,
                "FLAGGED" => SystemFlags.Flagged,
                "DELETED" => SystemFlags.Deleted,
                "DRAFT" => SystemFlags.Draft,
                _ => SystemFlags.None,
            };
            if (flag == SystemFlags.None)
            {
                Position = start;
                throw name == "RECENT" ? Error("a flag that clients can change") : Error("a system flag of RFC 9051");
            }

            builder.System |= flag;
            return;
        }

        builder.Add(Encoding.ASCII.GetString(AtomSpan("a flag")));
    }

    // "*" is UID 2^32-1 here: SequenceSet.Resolve knows what it stands for.
    private uint SeqNumber() => TryByte((byte)'*') ? Wire.SequenceSet.Star : NzNumber();

    private ReadOnlySpan<byte> QuotedRest()
    {
        var length = Rest.IndexOf((byte)'"');
        if (length < 0)
            throw Error("a closing quote");
        var text = _input.Slice(Position, length);
        Position += length + 1;
        return text;
    }

    private sealed class FlagBuilder
    {
        private readonly List<string> _keywords = [];

        public SystemFlags System { get; set; }

        public void Add(string keyword)
        {
            if (!_keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase))
                _keywords.Add(keyword);
        }

        public FlagSet ToSet() => new(System, [.. _keywords]);
    }
}
