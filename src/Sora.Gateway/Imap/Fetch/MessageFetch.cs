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
    private readonly SourcesAhead _ahead = new(connection.Server.Messages, items);

    public ImapConnection Connection => connection;

    /// <summary>The command's answer when something could not be fetched.</summary>
    public ImapReply? Failure { get; private set; }

    /// <summary>The contents that <see cref="WriteAsync"/> will get next, in that order; saying so is not needed, but quicker.</summary>
    public void Announce(IReadOnlyList<MessageContent?> contents) => _ahead.Announce(contents);

    public ValueTask DisposeAsync() => _ahead.DisposeAsync();

    /// <summary>A content that is no longer stored: expunged by others, or lost.</summary>
    public void ContentIsGone(MessageRow row)
    {
        if (connection.Selected.Latest.PositionOf(row.Uid) < 0)
            Failure ??= ImapReply.No("Some of the messages have been expunged", ResponseCode.ExpungeIssued);
        else
            Fail(row.Content, new BodyUnavailableException($"Content {row.Content} is not stored", temporary: false));
    }

    public async ValueTask WriteAsync(int number, MessageRow row, MessageContent? content, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = content is null
                ? null
                : await _ahead.TakeAsync(content, cancellationToken).ConfigureAwait(false);
            if (source is not null && !await PrepareAsync(source, cancellationToken).ConfigureAwait(false))
                return;
            connection.IsInResponse = true;
            await WriteItemsAsync(number, row, source, cancellationToken).ConfigureAwait(false);
            connection.IsInResponse = false;
        }
        catch (BodyUnavailableException e) when (!connection.IsInResponse)
        {
            Fail(row.Content, e);
        }
        catch (MimeFormatException e) when (!connection.IsInResponse)
        {
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

    private async ValueTask WriteItemsAsync(int number, MessageRow row, MessageSource? source, CancellationToken cancellationToken)
    {
        _writer.Raw("* "u8);
        _writer.Number(number);
        _writer.Raw(" FETCH ("u8);
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
            if (connection.Session.CondStore && !items.Exists(static item => item.Kind == FetchKind.ModSeq))
            {
                _writer.Space();
                WriteIndexItem(FetchKind.ModSeq, row);
            }
        }

        _writer.Raw(")\r\n"u8);
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
                _writer.Raw("MODSEQ ("u8);
                _writer.ModSeq(new ModSeq(row.ModSeq));
                _writer.Raw(")"u8);
                break;
            case FetchKind.InternalDate:
                _writer.Raw("INTERNALDATE "u8);
                InternalDateText.Write(_writer, row.InternalDate);
                break;
            case FetchKind.Size:
                _writer.Raw("RFC822.SIZE "u8);
                _writer.Number(row.Size);
                break;
        }
    }

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
