using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>SEARCH and UID SEARCH (RFC 9051 section 6.4.4, RFC 4731, RFC 5182; MODSEQ: RFC 7162 section 3.1.5).</summary>
internal sealed class SearchCommand(SearchKey key, bool byUid, SearchReturn? what, bool usesModSeq, bool namesCharset) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        SearchReturn? what = null;
        if (parser.TryKeyword("RETURN"u8))
        {
            parser.Space();
            what = Return(ref parser);
            parser.Space();
        }

        string? charset = null;
        if (parser.TryKeyword("CHARSET"u8))
        {
            parser.Space();
            charset = Encoding.Latin1.GetString(parser.AString());
            parser.Space();
        }

        var key = SearchParser.Parse(ref parser, charset, out var usesModSeq);
        return new SearchCommand(key, context.ByUid, what, usesModSeq, charset is not null);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (namesCharset && connection.Session.Utf8Accept)
            return ImapReply.Bad("Strings are UTF-8 since UTF8=ACCEPT was enabled; CHARSET must not be given"); // RFC 6855 section 3
        var selected = connection.Selected;
        var saves = what?.HasFlag(SearchReturn.Save) == true;
        if (usesModSeq)
            connection.EnableCondStore();
        var latest = selected.Latest;
        List<int> positions;
        using var limit = new CancellationTokenSource(connection.Server.Options.SearchTimeout, connection.Server.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var evaluator = new SearchEvaluator(connection.Server, selected, latest, key);
            positions = await evaluator.RunAsync(both.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BodyUnavailableException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A search that fails leaves an empty result behind (RFC 5182 section 2.1)
            if (saves)
                selected.Saved = UidSet.Empty;
            if (e is BodyUnavailableException unavailable)
                return ImapConnection.FailureOf(unavailable);
            return ImapReply.No("Search took too long", ResponseCode.Of(MailErrorCode.Limit));
        }

        if (saves)
            selected.Saved = ToSave(selected.View, positions);
        await AnswerAsync(connection, latest, positions).ConfigureAwait(false);
        return ImapReply.Ok("SEARCH completed");
    }

    private async ValueTask AnswerAsync(ImapConnection connection, MailboxIndex latest, List<int> positions)
    {
        var selected = connection.Selected;
        var numbers = new List<uint>(positions.Count);
        foreach (var position in positions)
            numbers.Add(byUid ? selected.View.UidAt(position) : (uint)position + 1);
        var modSeq = usesModSeq ? HighestOf(selected, latest, positions) : null;
        if (what is null && !connection.Session.Rev2)
        {
            connection.IsInResponse = true;
            await SearchResponse.WriteSearchAsync(connection.Writer, numbers, modSeq).ConfigureAwait(false);
            connection.IsInResponse = false;
            return;
        }

        var returned = what ?? SearchReturn.All;
        if (returned != SearchReturn.Save)
            SearchResponse.WriteExtended(connection.Writer, connection.Tag, byUid, returned, numbers, modSeq);
    }

    // RFC 5182 section 2.4: with MIN or MAX only those are saved, unless ALL or COUNT is asked for too.
    private UidSet ToSave(MailboxIndex view, List<int> positions)
    {
        var builder = new UidSet.Builder();
        var onlyEnds = OnlyEnds();
        for (var i = 0; i < positions.Count; i++)
        {
            if (!onlyEnds || IsEnd(i, positions.Count))
                builder.Add(view.UidAt(positions[i]));
        }

        return builder.ToSet();
    }

    // RFC 7162 section 3.1.10: of what is returned, the highest.
    private ModSeq? HighestOf(SelectedMailbox selected, MailboxIndex latest, List<int> positions)
    {
        long highest = -1;
        var onlyEnds = OnlyEnds();
        for (var i = 0; i < positions.Count; i++)
        {
            if (!onlyEnds || IsEnd(i, positions.Count))
                highest = Math.Max(highest, selected.RowAt(positions[i], latest).ModSeq);
        }

        return highest < 0 ? null : new ModSeq(highest);
    }

    private bool OnlyEnds() =>
        what is { } asked && (asked & (SearchReturn.Min | SearchReturn.Max)) != SearchReturn.None && (asked & (SearchReturn.All | SearchReturn.Count)) == SearchReturn.None;

    private bool IsEnd(int i, int count) =>
        (i == 0 && what?.HasFlag(SearchReturn.Min) == true) || (i == count - 1 && what?.HasFlag(SearchReturn.Max) == true);

    // "(" [search-return-opt *(SP search-return-opt)] ")"; nothing means ALL
    private static SearchReturn Return(ref ImapParser parser)
    {
        var result = SearchReturn.None;
        parser.Open();
        if (!parser.Peek((byte)')'))
        {
            do
            {
                result |= parser.Atom("a return option") switch
                {
                    "MIN" => SearchReturn.Min,
                    "MAX" => SearchReturn.Max,
                    "ALL" => SearchReturn.All,
                    "COUNT" => SearchReturn.Count,
                    "SAVE" => SearchReturn.Save,
                    _ => throw parser.Error("MIN, MAX, ALL, COUNT or SAVE"),
                };
            }
            while (parser.TrySpace());
        }

        parser.Close();
        return result == SearchReturn.None ? SearchReturn.All : result;
    }
}
