using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Search;

/// <summary>What a searching command returns (RFC 9051 section 6.4.4, RFC 5267, RFC 6203, RFC 9394).</summary>
[Flags]
internal enum SearchReturn
{
    None = 0,
    Min = 1,
    Max = 2,
    All = 4,
    Count = 8,
    Save = 16,
    Partial = 32,

    /// <summary>A hint that the same search will come again; needs nothing here, because nothing is computed per search that could be kept.</summary>
    Context = 64,

    /// <summary>Tell of changes of the result (RFC 5267 section 4.3).</summary>
    Update = 128,
    Relevancy = 256,
}

/// <summary>partial-range (RFC 9394 section 4): results counted from the first one, or from the last one backwards.</summary>
/// <param name="First">As the client wrote it, without the sign.</param>
internal readonly record struct PartialRange(uint First, uint Last, bool FromEnd)
{
    /// <summary>Which of <paramref name="count"/> results are meant: zero-based start and length.</summary>
    public (int Start, int Length) Of(int count)
    {
        long low = Math.Min(First, Last), high = Math.Max(First, Last);
        var (start, end) = FromEnd ? (Math.Max(0, count - high), count - low + 1) : (low - 1, Math.Min(high, count));
        return start < end ? ((int)start, (int)(end - start)) : (0, 0);
    }
}

/// <summary>The RETURN options of a searching command.</summary>
internal readonly record struct SearchOptions(SearchReturn What, PartialRange Partial = default)
{
    /// <summary>What stands for no option at all.</summary>
    public static readonly SearchOptions All = new(SearchReturn.All);

    public bool Has(SearchReturn option) => (What & option) != SearchReturn.None;

    /// <summary>Something is written: SAVE alone has no untagged response (RFC 5182 section 2.1).</summary>
    public bool HasResponse => What != SearchReturn.Save;

    /// <summary>search-return-opts if they stand here, with the space behind them.</summary>
    public static SearchOptions? TryParse(ref ImapParser parser)
    {
        if (!parser.TryKeyword("RETURN"u8))
            return null;
        parser.Space();
        var options = Parse(ref parser);
        parser.Space();
        return options;
    }

    // "(" [search-return-opt *(SP search-return-opt)] ")"; nothing means ALL
    private static SearchOptions Parse(ref ImapParser parser)
    {
        var what = SearchReturn.None;
        PartialRange partial = default;
        parser.Open();
        if (!parser.Peek((byte)')'))
        {
            do
            {
                var option = Option(parser.Atom("a return option"));
                if (option == SearchReturn.None)
                    throw parser.Error("a return option");
                if (option == SearchReturn.Partial)
                {
                    // One PARTIAL or ALL in a command (RFC 9394 section 3.1)
                    if ((what & SearchReturn.Partial) != SearchReturn.None)
                        throw parser.Error("PARTIAL only once");
                    parser.Space();
                    partial = Range(ref parser);
                }

                what |= option;
            }
            while (parser.TrySpace());
        }

        parser.Close();
        if ((what & (SearchReturn.Partial | SearchReturn.All)) == (SearchReturn.Partial | SearchReturn.All))
            throw parser.Error("either ALL or PARTIAL");
        return what == SearchReturn.None ? All : new SearchOptions(what, partial);
    }

    private static SearchReturn Option(string name) => name switch
    {
        "MIN" => SearchReturn.Min,
        "MAX" => SearchReturn.Max,
        "ALL" => SearchReturn.All,
        "COUNT" => SearchReturn.Count,
        "SAVE" => SearchReturn.Save,
        "PARTIAL" => SearchReturn.Partial,
        "CONTEXT" => SearchReturn.Context,
        "UPDATE" => SearchReturn.Update,
        "RELEVANCY" => SearchReturn.Relevancy,
        _ => SearchReturn.None,
    };

    // partial-range-first / partial-range-last: both ends have the same sign
    private static PartialRange Range(ref ImapParser parser)
    {
        var fromEnd = parser.TryByte((byte)'-');
        var first = parser.NzNumber();
        if (!parser.TryByte((byte)':'))
            throw parser.Error("\":\"");
        if (parser.TryByte((byte)'-') != fromEnd)
            throw parser.Error("both ends of the range with the same sign");
        return new PartialRange(first, parser.NzNumber(), fromEnd);
    }
}
