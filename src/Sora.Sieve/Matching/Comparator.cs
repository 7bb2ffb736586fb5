using Sora.Sieve.Messages;

namespace Sora.Sieve.Matching;

/// <summary>
/// A comparator (RFC 4790): brings text into a normal form in which equal texts are the same string, and contained ones are contained.
/// </summary>
internal abstract class Comparator
{
    public abstract string Name { get; }

    /// <summary>The operation "substring" is there, which <c>:contains</c> and <c>:matches</c> need (RFC 5228 section 2.7.1).</summary>
    public virtual bool HasSubstring => true;

    /// <summary>A character is an octet of UTF-8 (RFC 5228 section 2.7.1).</summary>
    public virtual bool CountsOctets => false;

    public abstract string Normalize(string text);

    /// <summary>As above, of a value that may have kept its normal form.</summary>
    public abstract string Normalize(SieveValue value);

    /// <summary>Orders two texts in their normal form.</summary>
    public virtual int Compare(string left, string right) => CompareCodePoints(left, right);

    // UTF-16 code units and octets of UTF-8 have another order beyond U+FFFF
    private static int CompareCodePoints(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
            return left.Length.CompareTo(right.Length);
        var (l, r) = (left[common], right[common]);
        if (char.IsSurrogate(l) != char.IsSurrogate(r))
            return char.IsSurrogate(l) ? 1 : -1;
        return l.CompareTo(r);
    }
}

/// <summary>i;octet (RFC 4790 section 9.3).</summary>
internal sealed class OctetComparator : Comparator
{
    public override string Name => "i;octet";

    public override bool CountsOctets => true;

    public override string Normalize(string text) => text;

    public override string Normalize(SieveValue value) => value.Text;
}

/// <summary>i;ascii-casemap (RFC 4790 section 9.2), the default.</summary>
internal sealed class AsciiCasemapComparator : Comparator
{
    public override string Name => "i;ascii-casemap";

    public override bool CountsOctets => true;

    public override string Normalize(string text) => SieveText.FoldAscii(text);

    public override string Normalize(SieveValue value) => value.AsciiFolded;
}

/// <summary>i;unicode-casemap (RFC 5051).</summary>
internal sealed class UnicodeCasemapComparator : Comparator
{
    public override string Name => "i;unicode-casemap";

    public override string Normalize(string text) => Mime.UnicodeCasemap.Fold(text);

    public override string Normalize(SieveValue value) => value.UnicodeFolded;
}

/// <summary>
/// i;ascii-numeric (RFC 4790 section 9.1): the digits at the beginning are a number of any size; what begins with none is positive infinity.
/// </summary>
internal sealed class AsciiNumericComparator : Comparator
{
    private const string Infinity = "∞";

    public override string Name => "i;ascii-numeric";

    public override bool HasSubstring => false;

    public override string Normalize(string text)
    {
        var length = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var digits = length < 0 ? text.AsSpan() : text.AsSpan(0, length);
        if (digits.IsEmpty)
            return Infinity;
        digits = digits.TrimStart('0');
        return digits.IsEmpty ? "0" : digits.ToString();
    }

    public override string Normalize(SieveValue value) => Normalize(value.Text);

    public override int Compare(string left, string right)
    {
        if (left == Infinity || right == Infinity)
            return (left == Infinity).CompareTo(right == Infinity);
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right);
    }
}
