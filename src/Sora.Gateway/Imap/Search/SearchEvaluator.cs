using Sora.Contracts;
using Sora.Mime;

namespace Sora.Gateway.Imap.Search;

/// <summary>
/// Runs a search over a session's view: first what the mailbox's index knows, for all messages; then, only for those still undecided, the day
/// they were sent and their conversation, and what the search index says of their text; then their header; then the text of their body.
/// </summary>
internal sealed class SearchEvaluator(ImapServer server, SelectedMailbox selected, MailboxIndex latest, SearchKey key)
{
    private const int BatchSize = 256;

    /// <summary>Fewer messages are read at once.</summary>
    private const int WorthAsking = 4;

    private readonly IMessageStore _store = server.Messages;
    private readonly SearchCandidate _candidate = new();
    private readonly SearchNeeds _needs = new();
    private readonly List<ContentId> _contents = []; // of the messages that are undecided, in their order
    private int[]? _sentDays; // by position, as all columns
    private ulong[]? _conversations;

    /// <summary>Positions in the view of the messages that match, ascending.</summary>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    public async ValueTask<List<int>> RunAsync(CancellationToken cancellationToken)
    {
        key.Bind(selected, latest);
        key.Collect(_needs);
        foreach (var text in _needs.Texts)
            text.Ask(_needs);
        if (_needs.EmailIds.Count > 0)
        {
            var copies = await _store.EmailIdsAsync(selected.Target.Account.Id, cancellationToken).ConfigureAwait(false);
            _needs.EmailIds.ForEach(id => id.Copies = copies);
        }

        var matches = new List<int>();
        var undecided = Scan(only: null, matches);
        if (undecided.Count > 0 && (_needs.SentDays || _needs.Conversations))
        {
            await ReadKeysAsync(undecided, cancellationToken).ConfigureAwait(false);
            undecided = Scan(undecided, matches);
        }

        if (undecided.Count >= WorthAsking && _needs.Questions.Count > 0 && server.Index is { } index)
        {
            var answer = await index.FindAsync(selected.Target.Account.Id, AscendingContents(), _needs.Questions, cancellationToken).ConfigureAwait(false);
            _candidate.Index = new IndexedTexts(answer);
            undecided = Scan(undecided, matches);
        }

        for (var from = 0; from < undecided.Count; from += BatchSize)
        {
            var batch = undecided.GetRange(from, Math.Min(BatchSize, undecided.Count - from));
            await SearchContentsAsync(batch, matches, cancellationToken).ConfigureAwait(false);
        }

        matches.Sort();
        return matches;
    }

    private async ValueTask ReadKeysAsync(List<int> positions, CancellationToken cancellationToken)
    {
        var parts = (_needs.SentDays ? MessageKeyParts.SentDay : MessageKeyParts.None)
            | (_needs.Conversations ? MessageKeyParts.Conversation : MessageKeyParts.None);
        var keys = await server.Keys.ReadAsync(selected.Target.Account.Id, _contents.ToArray(), parts, cancellationToken).ConfigureAwait(false);
        _sentDays = ByPosition(_needs.SentDays, keys.SentDays, positions);
        _conversations = ByPosition(_needs.Conversations, keys.Conversations, positions);
    }

    private T[]? ByPosition<T>(bool isNeeded, T[] column, List<int> positions)
    {
        if (!isNeeded)
            return null;
        var placed = new T[selected.View.Count];
        for (var i = 0; i < positions.Count; i++)
            placed[positions[i]] = column[i];
        return placed;
    }

    // Contents of the undecided messages, each once. Mostly they are in order already
    private ContentId[] AscendingContents()
    {
        var contents = _contents.ToArray();
        var isAscending = true;
        for (var i = 1; i < contents.Length && isAscending; i++)
            isAscending = contents[i].Value > contents[i - 1].Value;
        if (isAscending)
            return contents;
        Array.Sort(contents, static (left, right) => left.Value.CompareTo(right.Value));
        var count = 0;
        foreach (var content in contents)
        {
            if (count == 0 || contents[count - 1] != content)
                contents[count++] = content;
        }

        Array.Resize(ref contents, count);
        return contents;
    }

    // Goes through the messages in their order, all or some of them, and puts those that match and those that are still undecided into lists
    private List<int> Scan(List<int>? only, List<int> matches)
    {
        var undecided = new List<int>();
        _contents.Clear();
        if (!selected.IsAligned(latest))
        {
            for (var i = 0; i < (only?.Count ?? selected.View.Count); i++)
                Decide(only?[i] ?? i, selected.RowAt(only?[i] ?? i, latest), matches, undecided);
            return undecided;
        }

        var left = selected.View.Count;
        var next = 0;
        for (var chunk = 0; left > 0 && (only is null || next < only.Count); chunk++)
        {
            var columns = latest.Columns(chunk);
            var rows = Math.Min(left, columns.Uids.Length);
            left -= rows;
            if (only is null)
            {
                for (var row = 0; row < rows; row++)
                    Decide(columns.FirstPosition + row, RowOf(columns, row), matches, undecided);
                continue;
            }

            for (; next < only.Count && only[next] < columns.FirstPosition + rows; next++)
                Decide(only[next], RowOf(columns, only[next] - columns.FirstPosition), matches, undecided);
        }

        return undecided;
    }

    private static MessageRow RowOf(in IndexColumns columns, int row) => new(
        columns.Uids[row],
        columns.ModSeqs[row],
        columns.Flags[row],
        columns.InternalDates[row],
        columns.SaveDates[row],
        columns.Sizes[row],
        new ContentId(columns.Contents[row]));

    private void Decide(int position, MessageRow row, List<int> matches, List<int> undecided)
    {
        _candidate.Row = row;
        _candidate.SentDay = _sentDays?[position];
        _candidate.Conversation = _conversations?[position];
        switch (key.Evaluate(_candidate))
        {
            case Match.Yes:
                matches.Add(position);
                break;
            case Match.Unknown:
                undecided.Add(position);
                _contents.Add(row.Content);
                break;
        }
    }

    private async ValueTask SearchContentsAsync(List<int> positions, List<int> matches, CancellationToken cancellationToken)
    {
        var ids = new ContentId[positions.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = selected.RowAt(positions[i], latest).Content;
        var parts = _needs.Texts.Count > 0 ? ContentParts.Header | ContentParts.Structure : ContentParts.Header;
        var contents = await _store.ReadAsync(ids, parts, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < ids.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (contents[i] is not { } content)
                continue;
            var row = selected.RowAt(positions[i], latest);
            var candidate = new SearchCandidate
            {
                Row = row,
                SentDay = _sentDays?[positions[i]],
                Conversation = _conversations?[positions[i]],
                Index = _candidate.Index,
            };
            if (await MatchesAsync(candidate, content, cancellationToken).ConfigureAwait(false))
                matches.Add(positions[i]);
        }
    }

    private async ValueTask<bool> MatchesAsync(SearchCandidate candidate, MessageContent content, CancellationToken cancellationToken)
    {
        candidate.Header = await HeaderAsync(content, cancellationToken).ConfigureAwait(false);
        var match = key.Evaluate(candidate);
        if (match != Match.Unknown)
            return match == Match.Yes;
        candidate.FoundTexts = await SearchTextAsync(content, cancellationToken).ConfigureAwait(false);
        return key.Evaluate(candidate) == Match.Yes;
    }

    private async ValueTask<ReadOnlyMemory<byte>> HeaderAsync(MessageContent content, CancellationToken cancellationToken)
    {
        if (content.Header is { } stored)
        {
            if (content.Prefix.IsEmpty)
                return stored;
            var both = new byte[content.Prefix.Length + stored.Length];
            content.Prefix.CopyTo(both);
            stored.CopyTo(both.AsMemory(content.Prefix.Length));
            return both;
        }

        // Longer than what is kept beside the body; its first part is as much as anybody searches in.
        const int Searched = 1024 * 1024;
        await using var body = await _store.OpenAsync(content, cancellationToken).ConfigureAwait(false);
        var header = new byte[(int)Math.Min(Searched, body.Length)];
        var length = 0;
        while (length < header.Length
            && await body.ReadAsync(length, header.AsMemory(length), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            length += read;
        return header.AsMemory(0, length);
    }

    private async ValueTask<HashSet<TextKey>> SearchTextAsync(MessageContent content, CancellationToken cancellationToken)
    {
        if (content.Structure is not { } stored || !MimeMessage.TryDeserializeStructure(stored.Span, content.Prefix.Length, out var structure))
            throw new BodyUnavailableException($"Structure of content {content.Id} is damaged", temporary: false);
        var scanner = new TextScanner(_needs.Texts);
        await using var body = await _store.OpenAsync(content, cancellationToken).ConfigureAwait(false);
        await TextExtractor.ExtractAsync(
            structure,
            (offset, destination, token) => scanner.IsDone ? new(0) : body.ReadAsync(offset, destination, token),
            scanner,
            (part, header) => scanner.TakeHeader(part, header.Span),
            int.MaxValue,
            cancellationToken).ConfigureAwait(false);
        scanner.Complete();
        return scanner.Found;
    }
}
