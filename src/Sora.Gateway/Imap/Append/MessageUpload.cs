using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Append;

/// <summary>
/// Takes the messages of APPEND and REPLACE: literals go piece by piece from the socket into the intake, URLs from the store. What can be refused is
/// refused before its literal is asked for; after a refusal the rest of the command is skipped, so that it is never taken for other commands.
/// </summary>
internal sealed class MessageUpload(ImapConnection connection, AppendParser parser, List<AppendStep> first) : IAsyncDisposable
{
    private readonly List<AppendMessage> _messages = [];
    private readonly long _limit = connection.Server.Options.AppendLimit.Bytes;
    private readonly long _totalLimit = Math.Max(connection.Server.Options.AppendLimit.Bytes, connection.Server.Options.MaxAppend.Bytes);
    private readonly MemoryCharge _memory = connection.Client.Memory.Begin();
    private MessageLiteral? _pending = LastLiteral(first); // announced by the client, and neither asked for nor read
    private IMessageIntake? _intake;
    private MessageStart? _start;
    private long _size; // of the message in the making
    private long _total;

    /// <summary>The messages, staged; disposed with this.</summary>
    public IReadOnlyList<AppendMessage> Messages => _messages;

    /// <summary>The message takes the place of another one, so that it needs less room than its size.</summary>
    public bool IsReplacement { get; init; }

    /// <summary>The mailbox that the messages go to, once it was found.</summary>
    public MailboxTarget Target { get; private set; } = null!;

    /// <summary>Finds the mailbox and takes all messages; the answer to the command when that cannot be done, else null.</summary>
    public async ValueTask<ImapReply?> ReadAsync(MailboxName name, CancellationToken cancellationToken)
    {
        try
        {
            var found = await connection.Directory.FindAsync(name, Rights.Insert, cancellationToken).ConfigureAwait(false);
            if (!found.IsOk)
                return await RefuseAsync(ImapReply.No(found.Error.OrTryCreate())).ConfigureAwait(false);
            Target = found.Value;
            for (var steps = first; ;)
            {
                foreach (var step in steps)
                {
                    if (await RunAsync(step, cancellationToken).ConfigureAwait(false) is { } refusal)
                        return await RefuseAsync(refusal).ConfigureAwait(false);
                }

                if (steps[^1] is not LiteralPart)
                    return null;
                (steps, var failure) = await ReadRestAsync().ConfigureAwait(false);
                if (failure is { } reply)
                    return await RefuseAsync(reply).ConfigureAwait(false);
            }
        }
        catch (BodyUnavailableException e) when (!connection.IsInResponse)
        {
            return await RefuseAsync(ImapConnection.FailureOf(e)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not ClientGoneException && !connection.IsInResponse)
        {
            await RefuseAsync(default).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Skips what is left of the command. The reply is the command's answer.</summary>
    public async ValueTask<ImapReply> RefuseAsync(ImapReply reply)
    {
        // A client that waits to be asked is just told
        if (_pending is not { IsSynchronizing: false } literal)
            return reply;
        _pending = null;
        if (await connection.Reader.SkipAppendAsync(literal.Length).ConfigureAwait(false))
            return reply;
        if (reply.Text is not null)
            reply.Write(connection.Writer, connection.Tag);
        connection.Bye("Message is too large to be skipped", ResponseCode.TooBig);
        return ImapReply.Answered;
    }

    public async ValueTask DisposeAsync()
    {
        _memory.Dispose();
        if (_intake is not null)
            await _intake.DisposeAsync().ConfigureAwait(false);
        foreach (var message in _messages)
            await message.Content.DisposeAsync().ConfigureAwait(false);
    }

    private static MessageLiteral? LastLiteral(List<AppendStep> steps) => steps is [.., LiteralPart part] ? part.Literal : null;

    private async ValueTask<ImapReply?> RunAsync(AppendStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case MessageStart start:
                _start = start;
                _size = 0;
                return _messages.Count == connection.Server.Options.MaxAppendMessages
                    ? ImapReply.No("Too many messages in one command", ResponseCode.Of(MailErrorCode.Limit))
                    : null;
            case UrlPart part:
                return await AddUrlAsync(part.Url, cancellationToken).ConfigureAwait(false);
            case LiteralPart part:
                return await AddLiteralAsync(part.Literal, cancellationToken).ConfigureAwait(false);
            default:
                return await EndMessageAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<ImapReply?> AddUrlAsync(string url, CancellationToken cancellationToken)
    {
        await using var source = await new UrlReader(connection).OpenAsync(url, cancellationToken).ConfigureAwait(false);
        if (source is null)
            return ImapReply.No("URL does not lead to a message that you may read", new BadUrlCode(url));
        if (await GrowAsync(source.Length, cancellationToken).ConfigureAwait(false) is { } refusal)
            return refusal;
        _intake ??= connection.Server.Intakes.Begin(_limit);
        await source.CopyToAsync(_intake, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async ValueTask<ImapReply?> AddLiteralAsync(MessageLiteral literal, CancellationToken cancellationToken)
    {
        // A message of no bytes takes back a whole MULTIAPPEND (RFC 3502 section 6.3.11); nobody has a use for one in APPEND.
        if (literal.Length == 0 && !parser.IsInCatenate)
            return Empty();
        if (parser.HasUtf8 && !connection.Session.Utf8Accept)
            return ImapReply.No("ENABLE UTF8=ACCEPT comes first", ResponseCode.Of(MailErrorCode.Cannot)); // RFC 6855 section 4
        if (await GrowAsync(literal.Length, cancellationToken).ConfigureAwait(false) is { } refusal)
            return refusal;
        _pending = null;
        if (literal.IsSynchronizing)
            connection.Writer.Raw("+ Ready for the message\r\n"u8);
        _intake ??= connection.Server.Intakes.Begin(_limit, parser.IsInCatenate ? 0 : literal.Length);
        connection.IsInResponse = true; // After an error in here nobody knows where the message ends
        await connection.Reader.ReadMessageAsync(literal.Length, Take).ConfigureAwait(false);
        connection.IsInResponse = false;
        return null;

        ValueTask Take(ReadOnlyMemory<byte> segment)
        {
            connection.Client.SetInputTimeout(connection.Server.Options.Autologout); // A slow upload is not a silent client
            return _intake.WriteAsync(segment, cancellationToken);
        }
    }

    private async ValueTask<ImapReply?> EndMessageAsync(CancellationToken cancellationToken)
    {
        if (_size == 0 || _intake is null)
            return Empty();
        var intake = _intake;
        _intake = null;
        await using (intake.ConfigureAwait(false))
        {
            var ingested = await intake.CompleteAsync(cancellationToken).ConfigureAwait(false);
            if (!ingested.IsOk)
                return ImapReply.No(ingested.Error);
            var date = _start!.Date ?? connection.Server.Time.GetUtcNow();
            _messages.Add(new AppendMessage(ingested.Value, ReadOnlyMemory<byte>.Empty, _start.Flags.CoveredBy(Target.Rights), date));
            return null;
        }
    }

    // What the quota has no room for is refused before the client sends it; what counts in the end is decided with the commit.
    private async ValueTask<ImapReply?> GrowAsync(long length, CancellationToken cancellationToken)
    {
        if (length > _limit - _size)
            return ImapReply.No("Message is too large", ResponseCode.TooBig);
        if (length > _totalLimit - _total)
            return TooLargeTogether();

        // One message has limits of its own: append_limit, and what of it stays in memory
        if (_messages.Count > 0 && !_memory.TryTake(length))
        {
            connection.Client.NoteRefusal("session_memory");
            return TooLargeTogether();
        }

        _size += length;
        _total += length;
        if (IsReplacement)
            return null;
        var full = await connection.Server.Quotas.CheckAsync(Target.Account.Id, _total, _messages.Count + 1, cancellationToken).ConfigureAwait(false);
        return full is null ? null : ImapReply.No(full);
    }

    private static ImapReply TooLargeTogether() => ImapReply.No("Messages of one command are too large together", ResponseCode.Of(MailErrorCode.Limit));

    private static ImapReply Empty() => ImapReply.No("Message is empty", ResponseCode.Of(MailErrorCode.Cannot));

    // The steps behind a literal, or why there are none.
    private async ValueTask<(List<AppendStep> Steps, ImapReply? Failure)> ReadRestAsync()
    {
        ReadStatus status;
        do
        {
            status = await connection.Reader.ReadRestAsync().ConfigureAwait(false);
            if (status == ReadStatus.Closed || (status == ReadStatus.Woken && connection.MustStop()))
                throw new ClientGoneException("The client stopped in the middle of a message");
        }
        while (status == ReadStatus.Woken);
        var literal = status == ReadStatus.Append ? connection.Reader.Message : default;
        _pending = status == ReadStatus.Append ? literal : null;
        try
        {
            if (status == ReadStatus.Lost)
            {
                connection.Bye("Command or literal is too large", ResponseCode.TooBig);
                return ([], ImapReply.Answered);
            }

            return status == ReadStatus.TooLong
                ? ([], ImapReply.Bad("Command line or literal is too long"))
                : (Parse(literal), null);
        }
        catch (ImapSyntaxException e)
        {
            return ([], e.Refusal is { } refusal ? ImapReply.No(refusal) : ImapReply.Bad(e.Message));
        }
        finally
        {
            connection.Reader.Release();
        }
    }

    private List<AppendStep> Parse(MessageLiteral literal)
    {
        var rest = new ImapParser(connection.Reader.Command, connection.Session.Utf8);
        var steps = parser.Parse(ref rest, literal);
        rest.End();
        return steps;
    }
}
