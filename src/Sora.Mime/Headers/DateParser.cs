using System.Text;

namespace Sora.Mime;

/// <summary>Reads Date fields (RFC 5322 section 3.3 and, for what old software writes, section 4.3).</summary>
public static class DateParser
{
    private const int LongestValue = 512;

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    private static readonly Dictionary<string, int> ZoneHours = new(StringComparer.OrdinalIgnoreCase)
    {
        ["UT"] = 0,
        ["UTC"] = 0,
        ["GMT"] = 0,
        ["Z"] = 0,
        ["EST"] = -5,
        ["EDT"] = -4,
        ["CST"] = -6,
        ["CDT"] = -5,
        ["MST"] = -7,
        ["MDT"] = -6,
        ["PST"] = -8,
        ["PDT"] = -7,
        ["CET"] = 1,
        ["CEST"] = 2,
        ["MET"] = 1,
        ["MEST"] = 2,
        ["BST"] = 1,
        ["EET"] = 2,
        ["EEST"] = 3,
        ["MSK"] = 3,
        ["JST"] = 9,
        ["KST"] = 9,
    };

    /// <summary>
    /// The date-time of the field's value, or null when it cannot be read. Takes comments, a missing day of week, missing
    /// seconds, 2 and 3 digit years, zone names, no zone (UTC), the order of asctime and 2007-02-01. Never throws.
    /// </summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> value)
    {
        if (value.Length > LongestValue)
            value = value[..LongestValue];
        Span<byte> plain = stackalloc byte[LongestValue];
        ReadOnlySpan<byte> words = plain[..RemoveComments(value, plain)];
        var date = new Fields { Day = -1, Month = -1, Year = -1, Hour = -1 };
        int at = 0;
        while (TryNextWord(words, ref at, out var word))
        {
            if (!Take(word, ref date))
                return null;
        }
        return Build(date);
    }

    private struct Fields
    {
        public int Day;
        public int Month;
        public int Year;
        public int Hour;
        public int Minute;
        public int Second;
        public int? ZoneMinutes;
    }

    // Comments, and the white space that may stand around a colon (RFC 5322 section 4.3)
    private static int RemoveComments(ReadOnlySpan<byte> value, Span<byte> plain)
    {
        int length = 0;
        int depth = 0;
        foreach (byte b in value)
        {
            if (b == (byte)'(')
                depth++;
            if (depth == 0)
            {
                bool isSpace = b <= (byte)' ' || b == (byte)',';
                while (b == (byte)':' && length > 0 && plain[length - 1] == (byte)' ')
                    length--;
                if (!isSpace)
                    plain[length++] = b;
                else if (length > 0 && plain[length - 1] is not ((byte)' ' or (byte)':'))
                    plain[length++] = (byte)' ';
            }
            else if (b == (byte)')' && --depth == 0 && length > 0 && plain[length - 1] is not ((byte)' ' or (byte)':'))
            {
                plain[length++] = (byte)' ';
            }
        }
        return length;
    }

    private static bool TryNextWord(ReadOnlySpan<byte> value, ref int at, out ReadOnlySpan<byte> word)
    {
        while (at < value.Length && value[at] == (byte)' ')
            at++;
        int length = value[at..].IndexOf((byte)' ');
        word = length < 0 ? value[at..] : value.Slice(at, length);
        at += word.Length;
        return !word.IsEmpty;
    }

    private static bool Take(ReadOnlySpan<byte> word, ref Fields date)
    {
        int digits = word.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits > 0 && word[digits] == (byte)':')
        {
            // RFC 5256 section 2.2: a time that is none is midnight, the day still counts
            if (date.Hour < 0 && !TakeTime(word, ref date))
                date.Hour = date.Minute = date.Second = 0;
            return true;
        }
        if (word[0] is (byte)'+' or (byte)'-')
            return TakeOffset(word, ref date);
        if (word[0] is >= (byte)'0' and <= (byte)'9')
            return TakeNumber(word, ref date);
        int month = MonthOf(word);
        if (month > 0)
        {
            date.Month = month;
            return true;
        }
        if (date.Hour >= 0 && date.ZoneMinutes is null && word.Length <= 8)
            TakeZoneName(word, ref date);
        // A day of week, or a word that says nothing
        return true;
    }

    private static bool TakeTime(ReadOnlySpan<byte> word, ref Fields date)
    {
        int at = 0;
        if (date.Hour >= 0 || !TryNumber(word, ref at, out date.Hour) || !Skip(word, ref at, (byte)':') || !TryNumber(word, ref at, out date.Minute))
            return false;
        if (Skip(word, ref at, (byte)':') && !TryNumber(word, ref at, out date.Second))
            return false;
        if (Skip(word, ref at, (byte)'.'))
            TryNumber(word, ref at, out _);
        return at == word.Length || Take(word[at..], ref date);
    }

    private static bool TakeNumber(ReadOnlySpan<byte> word, ref Fields date)
    {
        int at = 0;
        if (!TryNumber(word, ref at, out int number))
            return false;
        if (at == word.Length)
        {
            if (date.Day < 0 && at <= 2)
                date.Day = number;
            else if (date.Year < 0 && date.Month > 0)
                date.Year = FullYear(number, at);
            else
                return date.Year >= 0;
            return true;
        }
        // "1-Feb-2007" and "2007-02-01", the latter with a time perhaps
        if (word[at] is not ((byte)'-' or (byte)'/' or (byte)'.') || date.Day >= 0)
            return false;
        bool yearFirst = at == 4;
        at++;
        int end = word[at..].IndexOfAny((byte)'-', (byte)'/', (byte)'.');
        if (end <= 0)
            return false;
        var middle = word.Slice(at, end);
        int inMiddle = 0;
        int month = MonthOf(middle);
        if (month < 0 && (!yearFirst || !TryNumber(middle, ref inMiddle, out month)))
            return false;
        at += end + 1;
        int lastFrom = at;
        if (!TryNumber(word, ref at, out int last))
            return false;
        date.Month = month;
        date.Day = yearFirst ? last : number;
        date.Year = yearFirst ? number : FullYear(last, at - lastFrom);
        return at == word.Length || ((word[at] | 0x20) == 't' && at + 1 < word.Length && TakeTime(word[(at + 1)..], ref date));
    }

    private static bool TakeOffset(ReadOnlySpan<byte> word, ref Fields date)
    {
        int at = 1;
        if (date.Hour < 0 || !TryNumber(word, ref at, out int number))
            return true;
        int hours = number / 100;
        int minutes = number % 100;
        if (at <= 3)
        {
            hours = number;
            minutes = 0;
            if (Skip(word, ref at, (byte)':') && !TryNumber(word, ref at, out minutes))
                return false;
        }
        if (hours > 99 || minutes > 59)
            return true;
        int total = (hours * 60) + minutes;
        date.ZoneMinutes = word[0] == (byte)'-' ? -total : total;
        return true;
    }

    private static void TakeZoneName(ReadOnlySpan<byte> word, ref Fields date)
    {
        int sign = word.IndexOfAny((byte)'+', (byte)'-');
        if (sign > 0)
            TakeOffset(word[sign..], ref date);
        else if (ZoneHours.TryGetValue(Encoding.Latin1.GetString(word), out int hours))
            date.ZoneMinutes = hours * 60;
    }

    private static DateTimeOffset? Build(Fields date)
    {
        if (date.Year is < 1 or > 9998 || date.Month is < 1 or > 12 || date.Day < 1 || date.Day > DateTime.DaysInMonth(date.Year, date.Month))
            return null;
        int hour = Math.Max(date.Hour, 0);
        if (hour > 23 || date.Minute > 59 || date.Second > 61)
            hour = date.Minute = date.Second = 0;
        // A leap second has no place in DateTime
        var local = new DateTime(date.Year, date.Month, date.Day, hour, date.Minute, Math.Min(date.Second, 59), DateTimeKind.Unspecified);
        var offset = TimeSpan.FromMinutes(date.ZoneMinutes ?? 0);
        if (date.Year == 1)
            return new DateTimeOffset(local, TimeSpan.Zero);
        // RFC 5256 section 2.2: a zone that is none is UTC. There are none beyond 14 hours
        return new DateTimeOffset(local, offset.Duration() <= TimeSpan.FromHours(14) ? offset : TimeSpan.Zero);
    }

    // RFC 5322 section 4.3
    private static int FullYear(int number, int digits) => digits switch
    {
        <= 2 => number < 50 ? 2000 + number : 1900 + number,
        3 => 1900 + number,
        _ => number,
    };

    private static int MonthOf(ReadOnlySpan<byte> word)
    {
        if (word.Length < 3)
            return -1;
        for (int i = 0; i < Months.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(word[..3], Months[i]))
                return i + 1;
        }
        return -1;
    }

    private static bool TryNumber(ReadOnlySpan<byte> word, ref int at, out int number)
    {
        number = 0;
        int start = at;
        while (at < word.Length && word[at] is >= (byte)'0' and <= (byte)'9')
        {
            if (number < 100_000_000)
                number = (number * 10) + word[at] - '0';
            at++;
        }
        return at > start;
    }

    private static bool Skip(ReadOnlySpan<byte> word, ref int at, byte separator)
    {
        if (at >= word.Length || word[at] != separator)
            return false;
        at++;
        return true;
    }
}
