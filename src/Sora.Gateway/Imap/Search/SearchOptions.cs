using Sora.Gateway.Imap.Fetch;
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

/// <summary>The RETURN options of a searching command.</summary>
/// <param name="UpdateItems">What UPDATE wants to know at once of messages that join the result (RFC 5465 section 7); null for nothing.</param>
internal readonly record struct SearchOptions(SearchReturn What, PartialRange Partial = default, List<FetchItem>? UpdateItems = null)
{
    /// <summary>What stands for no option at all.</summary>
    public static readonly SearchOptions All = new(SearchReturn.All);

    public bool Has(SearchReturn option) => (What & option) != SearchReturn.None;

    /// <summary>Something is written: SAVE alone has no untagged response (RFC 5182 section 2.1).</summary>
    public bool HasResponse => What != SearchReturn.Save;

    /// <summary>So many results are more than the options allow, and the answer names them all or keeps them.</summary>
    public bool IsTooMuch(ImapOptions options, long found) =>
        options.MaxSearchResults is > 0 and var max && found > max
        && Has(SearchReturn.All | SearchReturn.Save | SearchReturn.Update | SearchReturn.Relevancy);

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
        List<FetchItem>? items = null;
        parser.Open();
        if (!parser.Peek((byte)')'))
        {
            do
            {
                var option = Option(parser.Atom("a return option"));
                if (option == SearchReturn.None)
                    throw parser.Error("a return option");
                // One PARTIAL or ALL in a command (RFC 9394 section 3.1)
                if (option is SearchReturn.Partial or SearchReturn.All && (what & (SearchReturn.Partial | SearchReturn.All)) != SearchReturn.None)
                    throw parser.Error("either ALL or PARTIAL, and only once");
                if (option == SearchReturn.Partial)
                {
                    parser.Space();
                    partial = parser.PartialRange();
                }

                if (option == SearchReturn.Update && (parser.Rest.StartsWith(" ("u8) || parser.Peek((byte)'(')))
                {
                    parser.TrySpace();
                    items = FetchItemParser.Parse(ref parser);
                }

                what |= option;
            }
            while (parser.TrySpace());
        }

        parser.Close();
        return what == SearchReturn.None ? All : new SearchOptions(what, partial, items);
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
}
