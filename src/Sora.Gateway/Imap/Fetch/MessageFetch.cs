using System.Buffers;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>
/// Writes FETCH responses with contents. All that can fail is tried before a response is begun: a message that cannot be read is left out and
/// the command ends with NO, so that no client takes an empty literal for the message.
/// </summary>
internal sealed class MessageFetch(ImapConnection connection, MailboxIndex latest, List<FetchItem> items, UidSet seen) : IAsyncDisposable
{
    private const int PieceSize = 64 * 1024;

    private readonly ImapWriter _writer = connection.Writer;
    private long _previewsSince; // timestamp; 0 before the first one was made
    private string? _preview;
    private readonly UidSet.Builder _notTold = new();
    private IReadOnlyDictionary<ContentId, ContentId>? _emailIds;
    private readonly bool _tellsThreads = items.Exists(static item => item.Kind == FetchKind.ThreadId);
    private readonly Dictionary<ContentId, ulong> _conversations = [];
    private readonly SourcesAhead _ahead = new(connection.Server.Messages, items, connection.Server.Options);

    public ImapConnection Connection => connection;

    /// <summary>Messages that have no response because they could not be read.</summary>
    public UidSet NotTold => _notTold.ToSet();

    /// <summary>The command's answer when something could not be fetched.</summary>
    public ImapReply? Failure { get; private set; }

    /// <summary>Looks up what the items need to know once, before the first message.</summary>
    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (_tellsThreads || items.Exists(static item => item.Kind == FetchKind.EmailId))
            _emailIds = await connection.Server.Messages.EmailIdsAsync(connection.Selected.Target.Account.Id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads at once what the items need to know of the messages that <see cref="WriteAsync"/> will get next.</summary>
    public async ValueTask ReadKeysAsync(List<MessageRow> rows, CancellationToken cancellationToken)
    {
        if (!_tellsThreads)
            return;
        _conversations.Clear();
        try
        {
            await ReadConversationsAsync(rows, cancellationToken).ConfigureAwait(false);
        }
        catch (BodyUnavailableException)
        {
            // One of them cannot be read: the others can be told all the same
            foreach (var row in rows)
            {
                try
                {
                    await ReadConversationsAsync([row], cancellationToken).ConfigureAwait(false);
                }
                catch (BodyUnavailableException e)
                {
                    Fail(row.Content, e);
                }
            }
        }
    }

    private async ValueTask ReadConversationsAsync(List<MessageRow> rows, CancellationToken cancellationToken)
    {
        var contents = new ContentId[rows.Count];
        for (var i = 0; i < contents.Length; i++)
            contents[i] = rows[i].Content;
        var account = connection.Selected.Target.Account.Id;
        var keys = await connection.Server.Keys.ReadAsync(account, contents, MessageKeyParts.Conversation, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < contents.Length; i++)
            _conversations[contents[i]] = keys.Conversations[i];
    }

    /// <summary>The contents that <see cref="WriteAsync"/> will get next, in that order; saying so is not needed, but quicker.</summary>
    public void Announce(IReadOnlyList<MessageContent?> contents) => _ahead.Announce(contents);

    public ValueTask DisposeAsync() => _ahead.DisposeAsync();

    /// <summary>A content that is no longer stored: expunged by others, or lost.</summary>
    public void ContentIsGone(MessageRow row)
    {
        _notTold.Add(row.Uid);
        if (connection.Selected.Latest.PositionOf(row.Uid) < 0)
            Failure ??= ImapReply.No("Some of the messages have been expunged", ResponseCode.ExpungeIssued);
        else
            Fail(row.Content, new BodyUnavailableException($"Content {row.Content} is not stored", temporary: false));
    }

    public async ValueTask WriteAsync(int number, MessageRow row, MessageContent? content, CancellationToken cancellationToken)
    {
        if (_tellsThreads && !_conversations.ContainsKey(row.Content))
        {
            _notTold.Add(row.Uid);
            return;
        }

        if (content is not null && _ahead.NeedsBodies)
        {
            connection.Walk.Opening(
                number,
                connection.Selected.View.Count,
                connection.Selected.View,
                static (view, number) => number <= view.Count ? view[number - 1].Content : null);
        }

        try
        {
            await using var source = content is null
                ? null
                : await _ahead.TakeAsync(content, cancellationToken).ConfigureAwait(false);
            if (source is not null && !await PrepareAsync(source, cancellationToken).ConfigureAwait(false))
            {
                _notTold.Add(row.Uid);
                return;
            }

            if (content is not null)
                _preview = await PreviewAsync(content, cancellationToken).ConfigureAwait(false);
            connection.IsInResponse = true;
            await WriteItemsAsync(number, row, source, cancellationToken).ConfigureAwait(false);
            connection.IsInResponse = false;
        }
        catch (BodyUnavailableException) when (!connection.IsInResponse && connection.Selected.Latest.PositionOf(row.Uid) < 0)
        {
            ContentIsGone(row); // expunged, and deleted for good since its content was read: no damage
        }
        catch (BodyUnavailableException e) when (!connection.IsInResponse)
        {
            _notTold.Add(row.Uid);
            Fail(row.Content, e);
        }
        catch (MimeFormatException e) when (!connection.IsInResponse)
        {
            _notTold.Add(row.Uid);
            Fail(row.Content, new BodyUnavailableException("Stored structure is damaged", temporary: false, e));
        }

        if (_writer.ShouldFlush)
            await _writer.FlushAsync().ConfigureAwait(false);
    }

    private void Fail(ContentId content, BodyUnavailableException failure)
    {
        Log.BodyUnavailable(connection.Server.Logger, content, connection.Client.Id, failure);
        Failure ??= ImapConnection.FailureOf(failure);
    }

    // Decodes BINARY once to know lengths; false when a transfer encoding is not known.
    private async ValueTask<bool> PrepareAsync(MessageSource source, CancellationToken cancellationToken)
    {
        foreach (var item in items)
        {
            if (item.Kind is not (FetchKind.Binary or FetchKind.BinarySize))
                continue;
            if (!await source.MeasureAsync(item.Section!.Path, cancellationToken).ConfigureAwait(false))
            {
                Failure ??= ImapReply.No("A part's transfer encoding is not known", ResponseCode.Of(MailErrorCode.UnknownCte));
                return false;
            }
        }

        return true;
    }

    // Made before the response begins. With LAZY there may be none: when it would take too long, or cannot be read now (RFC 8970 section 4)
    private async ValueTask<string?> PreviewAsync(MessageContent content, CancellationToken cancellationToken)
    {
        if (!items.Exists(static item => item.Kind is FetchKind.Preview or FetchKind.Snippet))
            return null;
        var isLazy = items.TrueForAll(static item => item.IsLazy || item.Kind is not (FetchKind.Preview or FetchKind.Snippet));
        var server = connection.Server;
        if (server.Previews.Find(content.Id) is { } known)
            return known;
        if (_previewsSince == 0)
            _previewsSince = server.Time.GetTimestamp();
        else if (isLazy && server.Time.GetElapsedTime(_previewsSince) > server.Options.LazyPreviewTime)
            return null;
        try
        {
            var preview = await PreviewText.ReadAsync(server.Messages, content, cancellationToken).ConfigureAwait(false);
            server.Previews.Add(content.Id, preview);
            return preview;
        }
        catch (BodyUnavailableException) when (isLazy)
        {
            return null;
        }
    }

    private async ValueTask WriteItemsAsync(int number, MessageRow row, MessageSource? source, CancellationToken cancellationToken)
    {
        _writer.Raw("* "u8);
        _writer.Number(connection.Session.UidOnly ? row.Uid : number);
        _writer.Raw(connection.Session.UidOnly ? " UIDFETCH ("u8 : " FETCH ("u8);
        var hasFlags = false;
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                _writer.Space();
            hasFlags |= items[i].Kind == FetchKind.Flags;
            if (items[i].IsIndexOnly)
                WriteIndexItem(items[i].Kind, row);
            else
                await WriteContentItemAsync(items[i], source!, cancellationToken).ConfigureAwait(false);
        }

        if (!hasFlags && seen.Contains(row.Uid))
        {
            _writer.Space();
            WriteIndexItem(FetchKind.Flags, row);
            WriteFlagCompanions(row);
        }

        _writer.Raw(")\r\n"u8);
    }

    // Flags that nobody asked for come with UID and MODSEQ (RFC 7162 section 3.2.4).
    private void WriteFlagCompanions(MessageRow row)
    {
        if (!connection.Session.CondStore)
            return;
        if (!connection.Session.UidOnly && !items.Exists(static item => item.Kind == FetchKind.Uid))
        {
            _writer.Space();
            WriteIndexItem(FetchKind.Uid, row);
        }

        if (!items.Exists(static item => item.Kind == FetchKind.ModSeq))
        {
            _writer.Space();
            WriteIndexItem(FetchKind.ModSeq, row);
        }
    }

    private void WriteIndexItem(FetchKind kind, MessageRow row)
    {
        switch (kind)
        {
            case FetchKind.Uid:
                _writer.Raw("UID "u8);
                _writer.Number(row.Uid);
                break;
            case FetchKind.Flags:
                var selected = connection.Selected;
                _writer.Raw("FLAGS "u8);
                _writer.Flags(row.Flags, latest.Keywords, selected.TracksRecent && selected.Recent.Contains(row.Uid));
                break;
            case FetchKind.ModSeq:
                connection.ModSeqTold(row.ModSeq);
                _writer.Raw("MODSEQ ("u8);
                _writer.ModSeq(new ModSeq(row.ModSeq));
                _writer.Raw(")"u8);
                break;
            case FetchKind.InternalDate:
                _writer.Raw("INTERNALDATE "u8);
                InternalDateText.Write(_writer, row.InternalDate);
                break;
            case FetchKind.SaveDate:
                _writer.Raw("SAVEDATE "u8);
                InternalDateText.Write(_writer, row.SaveDate);
                break;
            case FetchKind.EmailId:
                _writer.Raw("EMAILID ("u8);
                ObjectIds.Write(_writer, EmailIdOf(row.Content));
                _writer.Raw(")"u8);
                break;
            case FetchKind.ThreadId:
                _writer.Raw("THREADID ("u8);
                ObjectIds.WriteThread(_writer, _conversations[row.Content], EmailIdOf(row.Content));
                _writer.Raw(")"u8);
                break;
            case FetchKind.Size:
                _writer.Raw("RFC822.SIZE "u8);
                _writer.Number(row.Size);
                break;
        }
    }

    private ContentId EmailIdOf(ContentId content) => _emailIds?.GetValueOrDefault(content, content) ?? content;

    private async ValueTask WriteContentItemAsync(FetchItem item, MessageSource source, CancellationToken cancellationToken)
    {
        switch (item.Kind)
        {
            case FetchKind.Envelope:
                _writer.Raw("ENVELOPE "u8);
                EnvelopeWriter.Write(_writer, source.Envelope);
                return;
            case FetchKind.Body:
                _writer.Raw("BODY "u8);
                BodyStructureWriter.Write(_writer, source.Structure, extended: false);
                return;
            case FetchKind.BodyStructure:
                _writer.Raw("BODYSTRUCTURE "u8);
                BodyStructureWriter.Write(_writer, source.Structure, extended: true);
                return;
            case FetchKind.Preview:
                _writer.Raw("PREVIEW "u8);
                _writer.NString(_preview);
                return;
            case FetchKind.Snippet:
                _writer.Raw("SNIPPET (FUZZY "u8);
                _writer.NString(_preview);
                _writer.Raw(")"u8);
                return;
            case FetchKind.Rfc822:
                _writer.Raw("RFC822 "u8);
                break;
            case FetchKind.Rfc822Header:
                _writer.Raw("RFC822.HEADER "u8);
                break;
            case FetchKind.Rfc822Text:
                _writer.Raw("RFC822.TEXT "u8);
                break;
            default:
                _writer.Raw(item.Kind switch
                {
                    FetchKind.Binary => "BINARY"u8,
                    FetchKind.BinarySize => "BINARY.SIZE"u8,
                    _ => "BODY"u8,
                });
                item.Section!.Write(_writer);
                _writer.Space();
                break;
        }

        if (item.Kind == FetchKind.BinarySize)
            _writer.Number(source.Measured(item.Section!.Path).Length);
        else if (item.Kind == FetchKind.Binary)
            await WriteBinaryAsync(item.Section!, source, cancellationToken).ConfigureAwait(false);
        else
            await WriteSectionAsync(item.Section!, source, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteSectionAsync(Section section, MessageSource source, CancellationToken cancellationToken)
    {
        if (!source.TryResolve(section, out var start, out var length))
        {
            _writer.Nil();
            return;
        }

        if (section.Fields is { } fields)
        {
            var header = await source.ReadHeaderAsync(start, length, cancellationToken).ConfigureAwait(false);
            var filtered = new ArrayBufferWriter<byte>(512);
            HeaderFieldFilter.Write(header.Span, fields, section.IsNot, filtered);
            var (skip, count) = section.Slice(filtered.WrittenCount);
            _writer.Literal(filtered.WrittenSpan.Slice((int)skip, (int)count));
            return;
        }

        var (from, size) = section.Slice(length);
        _writer.LiteralStart(size);
        if (source.TryHeaderBytes(start, length, out var bytes))
        {
            _writer.Raw(bytes.Span.Slice((int)from, (int)size));
            return;
        }

        if (section.IsWhole)
            connection.Server.MessagesOut.Record(size);
        if (size > 0)
            await StreamAsync(source.Body, start + from, size, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteBinaryAsync(Section section, MessageSource source, CancellationToken cancellationToken)
    {
        var part = source.Measured(section.Path);
        if (!part.Exists)
        {
            _writer.Nil();
            return;
        }

        var (skip, size) = section.Slice(part.Length);
        _writer.LiteralStart(size, binary: part.HasNul);
        await source.DecodeAsync(section.Path, skip, size, _writer, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask StreamAsync(IMessageBody body, long offset, long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            var memory = _writer.Output.GetMemory((int)Math.Min(length, PieceSize));
            var read = await body.ReadAsync(offset, memory[..(int)Math.Min(length, memory.Length)], cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
            _writer.Output.Advance(read);
            offset += read;
            length -= read;
            if (_writer.ShouldFlush)
                await _writer.FlushAsync().ConfigureAwait(false);
        }
    }
}
