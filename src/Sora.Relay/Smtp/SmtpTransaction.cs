using System.Buffers;
using Sora.Contracts;

namespace Sora.Relay.Smtp;

/// <summary>One transaction on a connection: MAIL, RCPT, DATA (RFC 5321 section 3.3).</summary>
internal sealed class SmtpTransaction(
    SmtpConnection connection, IRelayQueue queue, RelayWork work, SmtpEnvelope envelope, RelayOptions options, IReadOnlyList<RelayTarget> recipients)
{
    // RFC 2920 section 3.1: no more at once than surely fits in the buffers between the two, or each could wait for the other to read
    private const int PipelinedCharacters = 4096;

    // What the time for a block is for: a slow host that takes something is not a dead one
    private const int BlockSize = 32 * 1024;

    // A server that refuses a message before its end says why and closes; its words are there already, or never
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly SmtpStream _stream = connection.Stream;
    private readonly RelayTimeoutOptions _timeouts = options.Timeouts;
    private readonly List<RelayTarget> _accepted = [];
    private readonly Queue<Func<Task>> _awaited = new();
    private int _pipelined;
    private bool _isOpen;

    /// <summary>What was decided so far, also when this ended by an exception.</summary>
    public List<Delivery> Deliveries { get; } = [];

    /// <summary>Recipients that this server had no room for in this transaction; they are to be sent to in another one.</summary>
    public List<RelayTarget> Surplus { get; } = [];

    /// <summary>Recipients that this server cannot be asked for, with why; another one may.</summary>
    public List<Delivery> Impossible { get; } = [];

    /// <summary>The server refused the whole transaction for the time being.</summary>
    public SmtpReply? Deferred { get; private set; }

    /// <summary>The server answered to MAIL: it has seen the transaction.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The end of the message was sent: whether the server has the message is for it to say.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Those of whom nothing is known yet.</summary>
    public IEnumerable<RelayTarget> Undecided =>
        recipients.Where(recipient => !IsIn(Deliveries, recipient) && !IsIn(Impossible, recipient) && !Surplus.Contains(recipient));

    /// <exception cref="SmtpException">The connection broke.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (envelope.Refusal() is { } refusal)
        {
            foreach (var recipient in recipients)
                Refuse(recipient, refusal);
            return;
        }

        var valid = new List<RelayTarget>(recipients.Count);
        foreach (var recipient in recipients)
        {
            if (envelope.Refusal(recipient) is { } impossible)
                Refuse(recipient, impossible);
            else
                valid.Add(recipient);
        }

        if (valid.Count == 0)
            return;
        if (connection.NeedsReset)
            await ResetAsync(cancellationToken);
        connection.NeedsReset = true;
        SmtpReply? data = null;
        await SendAsync(envelope.Mail(), async () => Begin(await ReplyAsync(_timeouts.Command, cancellationToken)), cancellationToken);
        foreach (var recipient in valid)
        {
            if (HasBegun && !_isOpen)
                break;
            await SendAsync(
                envelope.Recipient(recipient), async () => Add(recipient, await ReplyAsync(_timeouts.Command, cancellationToken)), cancellationToken);
        }

        // Unless the answers are still on their way
        if (_awaited.Count > 0 || (_isOpen && _accepted.Count > 0))
            await SendAsync("DATA", async () => data = await ReplyAsync(_timeouts.Data, cancellationToken), cancellationToken);
        await DrainAsync(cancellationToken);
        if (data is { Code: 354 })
            await SendMessageAsync(cancellationToken);
        else if (data is not null)
            RefuseData(data);
    }

    // A server that takes one command at a time is asked and heard; of one with PIPELINING the answers are read when enough was asked
    private async Task SendAsync(string command, Func<Task> answer, CancellationToken cancellationToken)
    {
        if (_pipelined > 0 && _pipelined + command.Length > PipelinedCharacters)
            await DrainAsync(cancellationToken);
        _stream.Add(command);
        _awaited.Enqueue(answer);
        _pipelined += command.Length;
        if (!connection.Capabilities.Pipelining)
            await DrainAsync(cancellationToken);
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_awaited.Count == 0)
            return;
        await _stream.FlushAsync(_timeouts.Command, cancellationToken);
        while (_awaited.TryDequeue(out var answer))
            await answer();
        _pipelined = 0;
    }

    private async Task<SmtpReply> ReplyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = await _stream.ReplyAsync(timeout, cancellationToken);
        return reply.IsClosing ? throw new SmtpException(reply.ToReply("").ToString(), reply) : reply;
    }

    private void Begin(SmtpReply reply)
    {
        HasBegun = true;
        _isOpen = reply.IsPositive;
        if (_isOpen)
            return;

        if (!reply.IsPermanent || IsLoginMissing(reply))
        {
            Deferred = reply;
            return;
        }

        foreach (var recipient in Undecided.ToList())
            Decide(recipient, RelayFate.Failed, reply.ToReply(connection.HostName));
    }

    private void Add(RelayTarget recipient, SmtpReply reply)
    {
        // Answers to RCPT after a MAIL that was refused say nothing
        if (!_isOpen)
            return;
        if (reply.IsPositive)
        {
            _accepted.Add(recipient);
            return;
        }

        // RFC 5321 section 4.5.3.1.10: with some recipients taken, 452 and the 552 of older servers mean that there are too many of them
        var answer = reply.ToReply(connection.HostName);
        if (_accepted.Count > 0 && reply.Code is 452 or 552 && answer.Status is "4.5.3" or "5.5.3" or "4.0.0" or "5.0.0")
            Surplus.Add(recipient);
        else
            Decide(recipient, reply.IsPermanent && !IsLoginMissing(reply) ? RelayFate.Failed : RelayFate.Deferred, answer);
    }

    private void RefuseData(SmtpReply reply)
    {
        foreach (var recipient in _accepted)
            Decide(recipient, reply.IsPermanent && !IsLoginMissing(reply) ? RelayFate.Failed : RelayFate.Deferred, reply.ToReply(connection.HostName));
    }

    // RFC 4954 section 6: that a login is missing is no fault of the message
    private static bool IsLoginMissing(SmtpReply reply) => reply.Code is 530 or 534 or 535 or 538;

    private async Task SendMessageAsync(CancellationToken cancellationToken)
    {
        if (_accepted.Count == 0)
        {
            // RFC 2920 section 3.1: it may be asked for although nobody gets it
            await _stream.WriteAsync(".\r\n"u8.ToArray(), _timeouts.Block, cancellationToken);
            await ReplyAsync(_timeouts.Final, cancellationToken);
            return;
        }

        try
        {
            await SendContentAsync(cancellationToken);
        }
        catch (SmtpException)
        {
            if (await _stream.TryReplyAsync(LastWords, cancellationToken) is not { IsPositive: false, IsIntermediate: false, IsClosing: false } reply)
                throw;
            connection.IsBroken = true;
            RefuseData(reply);
            return;
        }

        if (options.Protocol == RelayProtocol.Lmtp)
        {
            // RFC 2033 section 4.2: one answer for each recipient that was taken
            foreach (var recipient in _accepted)
                Decide(recipient, await ReplyAsync(_timeouts.Final, cancellationToken));
        }
        else
        {
            var reply = await ReplyAsync(_timeouts.Final, cancellationToken);
            foreach (var recipient in _accepted)
                Decide(recipient, reply);
        }

        connection.NeedsReset = false;
        connection.Messages++;
    }

    private async Task SendContentAsync(CancellationToken cancellationToken)
    {
        var stuffer = new DotStuffer();
        if (work.Content.HasFlag(RelayContent.EightBitBody) && !connection.Capabilities.EightBitMime)
            await SendSevenBitAsync(stuffer, cancellationToken);
        else
            await foreach (var piece in QueuedMessage.ReadAsync(queue, work, cancellationToken))
                await SendAsync(stuffer, piece, cancellationToken);
        var end = new byte[DotStuffer.MaxLength(0)];

        // Whatever becomes of these bytes, the server may have them
        IsComplete = true;
        await _stream.WriteAsync(end.AsMemory(0, stuffer.Finish(end)), _timeouts.Block, cancellationToken);
    }

    private async Task SendSevenBitAsync(DotStuffer stuffer, CancellationToken cancellationToken)
    {
        var encoder = new SevenBitEncoder();
        encoder.Begin(null);
        await foreach (var piece in QueuedMessage.ReadAsync(queue, work, cancellationToken))
            encoder.Add(piece);
        encoder.Finish();
        var encoded = new ArrayBufferWriter<byte>();
        encoder.Begin(encoded);
        await foreach (var piece in QueuedMessage.ReadAsync(queue, work, cancellationToken))
        {
            encoder.Add(piece);
            await SendAsync(stuffer, encoded.WrittenMemory, cancellationToken);
            encoded.ResetWrittenCount();
        }

        encoder.Finish();
        await SendAsync(stuffer, encoded.WrittenMemory, cancellationToken);
    }

    private async Task SendAsync(DotStuffer stuffer, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        var output = ArrayPool<byte>.Shared.Rent(DotStuffer.MaxLength(piece.Length));
        try
        {
            var length = stuffer.Write(piece.Span, output);
            for (var at = 0; at < length; at += BlockSize)
                await _stream.WriteAsync(output.AsMemory(at, Math.Min(BlockSize, length - at)), _timeouts.Block, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(output);
        }
    }

    private void Refuse(RelayTarget recipient, RelayReply refusal) =>
        Impossible.Add(new Delivery(recipient, RelayFate.Failed, refusal with { Host = connection.HostName }));

    private static bool IsIn(List<Delivery> deliveries, RelayTarget recipient) => deliveries.Exists(delivery => delivery.Target == recipient);

    private void Decide(RelayTarget recipient, SmtpReply reply) => Decide(
        recipient, reply.IsPositive ? RelayFate.Sent : reply.IsPermanent ? RelayFate.Failed : RelayFate.Deferred, reply.ToReply(connection.HostName));

    private void Decide(RelayTarget recipient, RelayFate fate, RelayReply reply) => Deliveries.Add(new Delivery(recipient, fate, reply)
    {
        PeerReports = connection.Capabilities.Dsn,
        PeerDeliversBy = connection.Capabilities.DeliverBy,
        IsFinal = options.Protocol == RelayProtocol.Lmtp,
    });

    private async Task ResetAsync(CancellationToken cancellationToken)
    {
        var reply = await _stream.CommandAsync("RSET", _timeouts.Command, cancellationToken);
        if (!reply.IsPositive)
            throw new SmtpException($"RSET was answered by {reply.ToReply("")}", reply);
    }
}
