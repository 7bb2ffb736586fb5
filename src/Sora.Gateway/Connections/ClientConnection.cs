using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Sora.Contracts;
using Sora.Gateway.Connections.Proxying;
using Sora.Gateway.Connections.Tls;

namespace Sora.Gateway.Connections;

/// <summary>
/// One accepted TCP connection, plain or TLS. Only its session reads and writes; <see cref="Wake"/> and <see cref="Abort"/> may be called
/// from anywhere. While nothing happens it owns no buffer, no timer and no task beyond the session's pending read.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Cancelled at the end, which frees its timer; disposing it would race with Abort")]
public sealed class ClientConnection : IDeadlineTarget
{
    private readonly ConnectionContext _context;
    private readonly Listener _listener;
    private readonly DeadlineSlot _deadlines;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenRegistration _inputEnded;
    private SslStream? _tls;
    private byte[]? _endPointBinding;
    private CompressedStream? _compressed;
    private readonly MeteredReader _input;
    private Dismissal? _dismissal;
    private readonly ClientCount _count;
    private readonly SendProgress _progress;
    private long _received;
    private long _sent;
    private long _paceFrom;
    private bool _isPaced;
    private volatile bool _isInHandshake;
    private volatile int _sendingSince; // 0 while nothing waits to be taken
    private int _lastInput;

    /// <param name="header">What the proxy in front said, or null.</param>
    internal ClientConnection(ConnectionContext context, Listener listener, ProxyHeader? header = null)
    {
        _context = context;
        _listener = listener;
        _count = new ClientCount(listener);
        _progress = new SendProgress(context);
        _input = new MeteredReader(context.Transport.Input, Arrived);
        Output = context.Transport.Output;
        Peer = Normalise(context.RemoteEndPoint);
        Remote = header?.Source ?? Peer;
        Local = header?.Destination ?? Normalise(context.LocalEndPoint);
        Session = header?.UniqueId ?? "";
        IsTlsAtProxy = header is { IsTls: true };
        IsTrusted = listener.Shared.Trusted.Contains(Remote.Address);
        Started = listener.Shared.Time.GetUtcNow();
        Memory = new SessionMemory(listener.Shared.Options.SessionMemoryLimit.Bytes);
        _deadlines = listener.Shared.Deadlines.Register(this);
        _lastInput = listener.Shared.Deadlines.Now;
        if (listener.Definition.Limits.MaxDuration > TimeSpan.Zero)
            _deadlines.Arm(DeadlineKind.End, listener.Shared.Deadlines, listener.Definition.Limits.MaxDuration);

        // Kestrel's token says only that nothing more will come: a client that has shut down its side may still wait for its answers
        _inputEnded = context.ConnectionClosed.UnsafeRegister(
            static connection => ((ClientConnection)connection!)._closed.CancelAfter(((ClientConnection)connection)._listener.Shared.Options.HalfCloseTimeout), this);
    }

    /// <summary>Names the connection in logs.</summary>
    public string Id => _context.ConnectionId;

    /// <summary>The client's address, as far as it is known: behind a trusted proxy the one that the proxy names. IPv4 is never shown as mapped into IPv6.</summary>
    public IPEndPoint Remote { get; private set; }

    /// <summary>The address to which the client connected, if need be at the proxy.</summary>
    public IPEndPoint Local { get; private set; }

    /// <summary>The other end of the TCP connection: the client, or the proxy.</summary>
    public IPEndPoint Peer { get; }

    /// <summary>Who speaks here may name the client for which it speaks (connections.trusted_networks).</summary>
    public bool IsTrusted { get; }

    /// <summary>A trusted proxy's name for the session; or empty.</summary>
    public string Session { get; private set; }

    /// <summary>The client speaks TLS with a trusted proxy.</summary>
    public bool IsTlsAtProxy { get; private set; }

    public bool IsTls => _tls is not null;

    /// <summary>Nobody between the client and this site's machines can listen: TLS, here or at a trusted proxy, or a client on the same machine.</summary>
    public bool IsPrivate => IsTls || IsTlsAtProxy || IsLocal;

    /// <summary>The client is on this machine, and nobody speaks for it.</summary>
    private bool IsLocal => IPAddress.IsLoopback(Remote.Address) && IPAddress.IsLoopback(Peer.Address);

    /// <summary>What commands may hold in memory.</summary>
    internal SessionMemory Memory { get; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>Who is logged in, or null.</summary>
    public AccountIdentity? User => _count.User;

    /// <summary>The protocol that is spoken.</summary>
    public string Protocol => _listener.Definition.Protocol.Name;

    /// <summary>What the session does, for administrators: a command's name, or empty between commands.</summary>
    public string Activity { get; internal set; } = "";

    /// <summary>Octets that came and that were sent, TLS and compression not counted.</summary>
    public (long Received, long Sent) Traffic => (Volatile.Read(ref _received), Volatile.Read(ref _sent));

    /// <summary>How long nothing has come, to the second.</summary>
    public TimeSpan Silence => TimeSpan.FromSeconds(Math.Max(0, _listener.Shared.Deadlines.Now - Volatile.Read(ref _lastInput)));

    /// <summary>
    /// Why the session is to end, when it is: between two commands it says so and goes; at once when that is urgent. Sessions that wait for input are woken.
    /// </summary>
    public Dismissal? Ending => Volatile.Read(ref _dismissal) ?? (Draining.IsCancellationRequested ? Dismissal.Draining : null);

    /// <summary>Nothing more is to be waited for in the middle of what the client sends.</summary>
    public bool MustStop => InputTimedOut || Volatile.Read(ref _dismissal) is { IsUrgent: true };

    /// <summary>
    /// What the client sends. A read that ends with <see cref="ReadResult.IsCanceled"/> means that something other than input wants
    /// attention: look at <see cref="InputTimedOut"/>, <see cref="Draining"/> and whatever the session itself called <see cref="Wake"/>
    /// for, then read on. Reading throws <see cref="IOException"/> or <see cref="OperationCanceledException"/> when the connection broke.
    /// </summary>
    public PipeReader Input => _input;

    /// <summary>
    /// What the client gets. Send with <see cref="FlushAsync"/>, at least every 32 KiB: only that has back-pressure and a timeout.
    /// </summary>
    public PipeWriter Output { get; private set; }

    /// <summary>
    /// Nobody waits for answers any more: the connection was aborted, what was sent could not be delivered, or half_close_timeout has passed since
    /// the client shut down its sending side. A client that did so (<c>printf … | nc -N</c>) still gets the answers to all it has sent: sessions
    /// end with the end of <see cref="Input"/>.
    /// </summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>The server wants sessions to end politely. Sessions that wait for input are woken.</summary>
    public CancellationToken Draining => _listener.Shared.Drain.Started;

    /// <summary>Both directions are DEFLATE streams.</summary>
    public bool IsCompressed => _compressed is not null;

    public bool CanCompress => _compressed is null && _listener.Shared.Options.CompressionLevel > 0;

    /// <summary>A certificate is configured and the connection is still plain.</summary>
    public bool CanStartTls => _tls is null && _compressed is null && _listener.Shared.Certificates is { HasCertificate: true };

    /// <summary>The deadline of <see cref="SetInputTimeout"/> has passed since it was last set.</summary>
    public bool InputTimedOut { get; private set; }

    /// <summary>Protocol and cipher as in "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384"; empty for a plain connection.</summary>
    public string TlsDescription => _tls is { } tls ? $"{Name(tls.SslProtocol)} with cipher {tls.NegotiatedCipherSuite}" : "";

    /// <summary>The client's certificate, which has been found good; null when there is none, or none was asked for.</summary>
    internal X509Certificate2? ClientCertificate { get; private set; }

    /// <summary>A login can be bound to the TLS of this connection (RFC 5056).</summary>
    internal bool CanBind => ChannelBinding(ChannelBindings.ServerEndPoint) is not null || ChannelBinding(ChannelBindings.Exporter) is not null;

    /// <summary>The data of a channel binding type; null when there is none of that type here.</summary>
    internal byte[]? ChannelBinding(string type) => _tls is not { } tls ? null : type switch
    {
        // The certificate of this handshake, which may not be the one that is loaded now
        ChannelBindings.ServerEndPoint => _endPointBinding ??=
            tls.LocalCertificate is X509Certificate2 certificate ? ChannelBindings.OfServerEndPoint(certificate) : null,
        ChannelBindings.Exporter => _listener.Shared.Certificates?.Exporter.Export(tls),
        _ => null,
    };

    /// <summary>
    /// Wakes the pending or the next read of <see cref="Input"/>, which then ends with <see cref="ReadResult.IsCanceled"/>.
    /// </summary>
    public void Wake() => _input.CancelPendingRead();

    /// <summary>Ends the session because an administrator wants it so; it is cut off when it has not ended in kick_timeout.</summary>
    public void Kick()
    {
        Dismiss(Dismissal.Kicked);
        _deadlines.Arm(DeadlineKind.End, _listener.Shared.Deadlines, _listener.Shared.Options.KickTimeout);
    }

    /// <summary>Ends the session politely; the first reason stays.</summary>
    public void Dismiss(Dismissal reason)
    {
        if (Interlocked.CompareExchange(ref _dismissal, reason, null) is not null)
            return;
        Log.Dismissed(_listener.Shared.Logger, Protocol, Id, Remote.Address, reason.Reason);
        _listener.Instruments.Ended(reason.Reason);
        Wake();
    }

    /// <summary>Counts and logs that the session ends because nothing has come for too long.</summary>
    internal void NoteTimeout()
    {
        var reason = User is null && _listener.Definition.Protocol.HasLogins ? "login_timeout" : "idle_timeout";
        Log.Dismissed(_listener.Shared.Logger, Protocol, Id, Remote.Address, reason);
        _listener.Instruments.Ended(reason);
    }

    /// <summary>Counts and logs that the client is not served, which the protocol tells it.</summary>
    internal void Refuse(Dismissal refusal) => _listener.Refuse(refusal, Remote.Address);

    /// <summary>Counts and logs that the session is not given what it asked for, and goes on.</summary>
    /// <param name="reason">One of few: a label of the metrics.</param>
    internal void NoteRefusal(string reason)
    {
        _listener.Instruments.CommandRefused(reason);
        Log.CommandRefused(_listener.Shared.Logger, Protocol, Activity, Id, Remote.Address, reason);
    }

    /// <summary>
    /// Counts the session against the limits of its user. Not null when there are too many: the client gets the text and is not logged in.
    /// </summary>
    /// <param name="expires">When the session has to end; null for never.</param>
    public Dismissal? TryLogIn(AccountIdentity identity, DateTimeOffset? expires = null)
    {
        LogOut();
        if (_count.TryLogIn(identity, Remote.Address, IsLocal) is { } refusal)
            return refusal;
        if (expires is { } end)
            _deadlines.Arm(DeadlineKind.Login, _listener.Shared.Deadlines, TimeSpan.FromTicks(Math.Max(0, (end - _listener.Shared.Time.GetUtcNow()).Ticks)));
        return null;
    }

    /// <summary>Takes back what <see cref="TryLogIn"/> counted; nothing when nobody is logged in.</summary>
    public void LogOut()
    {
        _deadlines.Disarm(DeadlineKind.Login);
        _count.LogOut();
    }

    /// <summary>
    /// A trusted proxy says for whom it speaks, before anybody has logged in: from here on that is the client. Not null when the client has too many connections.
    /// </summary>
    internal Dismissal? Forward(ForwardedClient client)
    {
        if (!IsTrusted || User is not null)
            throw new InvalidOperationException("Not from here, or not now");
        var remote = new IPEndPoint(Normalise(client.Address) ?? Remote.Address, client.Port ?? (client.Address is null ? Remote.Port : 0));
        Log.Forwarded(_listener.Shared.Logger, Id, Remote.Address, remote.Address, client.Session ?? "");
        Remote = remote;
        Local = new IPEndPoint(Normalise(client.Destination) ?? Local.Address, client.DestinationPort ?? Local.Port);
        IsTlsAtProxy = client.IsTls ?? IsTlsAtProxy;
        Session = client.Session ?? Session;
        return TryCount();
    }

    /// <summary>Counts the connection against the limit of its client's address; not null when there are too many.</summary>
    internal Dismissal? TryCount() => _count.TryEnter(Remote.Address, IsLocal);

    /// <summary>
    /// Called before each wait for the client: in the middle of a command, a literal or a message it has to send min_bytes_per_minute, and is dismissed when it
    /// does not.
    /// </summary>
    internal void Expect(bool isInside)
    {
        if (isInside == _isPaced || _listener.Shared.Options.MinBytesPerMinute == 0)
            return;
        _isPaced = isInside;
        if (isInside)
            BeginPace();
        else
            _deadlines.Disarm(DeadlineKind.Pace);
    }

    /// <summary>
    /// From now on until the next call the client has this long: then <see cref="InputTimedOut"/> is set and the read woken. Costs one
    /// store.
    /// </summary>
    public void SetInputTimeout(TimeSpan timeout)
    {
        InputTimedOut = false;
        _deadlines.Arm(DeadlineKind.Input, _listener.Shared.Deadlines, timeout);
    }

    /// <summary>The client has all the time it wants, as while the server works.</summary>
    public void ClearInputTimeout()
    {
        _deadlines.Disarm(DeadlineKind.Input);
        InputTimedOut = false;
    }

    /// <summary>As <see cref="ClearInputTimeout"/>, but <see cref="InputTimedOut"/> stays as it is.</summary>
    internal void StopInputTimeout() => _deadlines.Disarm(DeadlineKind.Input);

    /// <summary>Sends what was written. Waits while the client is slow, at most write_timeout. False when the connection is gone.</summary>
    public ValueTask<bool> FlushAsync()
    {
        _sent += Output.UnflushedBytes;
        var flush = Output.FlushAsync(CancellationToken.None);
        return flush.IsCompletedSuccessfully ? new ValueTask<bool>(IsDelivered(flush.Result)) : AwaitFlushAsync(flush);
    }

    /// <summary>
    /// Upgrades the connection (RFC 3207, RFC 9051 section 6.2.1). Before it the caller has flushed its go-ahead and has advanced <see
    /// cref="Input"/> exactly through the STARTTLS line: bytes pipelined behind it are taken as TLS records, so plain commands injected
    /// there fail the handshake and are never run. Replaces <see cref="Input"/> and <see cref="Output"/>; on false end the session
    /// without another word.
    /// </summary>
    public async ValueTask<bool> StartTlsAsync(CancellationToken cancellationToken)
    {
        if (_tls is not null || _compressed is not null || _listener.Shared.Certificates is not { } certificates)
            return false;
        var tls = new SslStream(new DuplexPipeStream(_input.Inner, Output), leaveInnerStreamOpen: true);
        _isInHandshake = true;
        _deadlines.Arm(DeadlineKind.Output, _listener.Shared.Deadlines, _listener.Shared.Options.HandshakeTimeout);
        Handshake handshake;
        try
        {
            handshake = await certificates.BeginAsync(_input.Inner, _listener.Definition.Protocol, cancellationToken) ?? throw new AuthenticationException("There is no certificate for it");
            await tls.AuthenticateAsServerAsync(handshake.Options, cancellationToken);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            _listener.Shared.Metrics.TlsHandshake(_listener.Definition.Protocol.Name, success: false);
            Log.HandshakeFailed(_listener.Shared.Logger, Id, Remote.Address, e.Message);
            await tls.DisposeAsync();
            return false;
        }
        finally
        {
            _deadlines.Disarm(DeadlineKind.Output);
            _isInHandshake = false;
        }

        _listener.Shared.Metrics.TlsHandshake(_listener.Definition.Protocol.Name, success: true);
        if (handshake.IsAcmeValidation)
        {
            await tls.DisposeAsync();
            return false;
        }

        TakeClientCertificate(handshake.ClientCheck);
        TlsBuffers.ReleaseWhenEmpty(tls);
        _tls = tls;
        Output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        _input.Inner = PipeReader.Create(tls, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        WakeIfDraining();
        return true;
    }

    /// <summary>
    /// Compresses both directions from here on (RFC 4978), on top of TLS if that is active. Before it the caller has flushed its go-ahead and has
    /// advanced <see cref="Input"/> exactly through the client's request. Replaces <see cref="Input"/> and <see cref="Output"/>.
    /// </summary>
    public void StartCompression()
    {
        var compressed = new CompressedStream(_input.Inner, Output, _listener.Shared.Options.CompressionLevel);
        Output = PipeWriter.Create(compressed, new StreamPipeWriterOptions(leaveOpen: true));
        _input.Inner = PipeReader.Create(compressed, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        _compressed = compressed;
        WakeIfDraining();
    }

    /// <summary>
    /// Nothing of what the client sends waits to be read. When something does, it is not known where the client's own compression ended.
    /// </summary>
    public bool HasReadAll
    {
        get
        {
            if (!_input.TryRead(out var read))
                return true;
            _input.AdvanceTo(read.Buffer.Start);
            if (read.IsCanceled)
                Wake();
            return read.Buffer.IsEmpty && !read.IsCompleted;
        }
    }

    /// <summary>
    /// Ends the compression of both directions (RFC 8437 section 4.1). Before it the caller has flushed its answer and has seen that <see
    /// cref="HasReadAll"/>. Replaces <see cref="Input"/> and <see cref="Output"/>.
    /// </summary>
    public async ValueTask StopCompressionAsync()
    {
        if (_compressed is not { } compressed)
            return;
        _compressed = null;
        await _input.CompleteAsync();
        await Output.CompleteAsync();
        (_input.Inner, Output) = (compressed.Input, compressed.Output);
        await compressed.DisposeAsync();
        WakeIfDraining();
    }

    /// <summary>Closes the connection at once.</summary>
    public void Abort()
    {
        _context.Abort(new ConnectionAbortedException("Aborted by the server"));
        _closed.Cancel();
    }

    void IDeadlineTarget.DeadlineExpired(DeadlineKind kind)
    {
        switch (kind)
        {
            case DeadlineKind.Input:
                InputTimedOut = true;
                Wake();
                break;
            case DeadlineKind.Pace:
                CheckPace();
                break;
            case DeadlineKind.End when Volatile.Read(ref _dismissal) is null:
                Dismiss(Dismissal.Expired);
                break;
            case DeadlineKind.Login:
                Dismiss(Dismissal.TokenExpired);
                break;
            case DeadlineKind.Output when _isInHandshake:
                Log.HandshakeTimedOut(_listener.Shared.Logger, Id, Remote.Address);
                _listener.Instruments.Ended("handshake_timeout");
                Abort();
                break;
            case DeadlineKind.Output when IsOldNews():
                break;
            case DeadlineKind.Output when TakesEnough():
                _sendingSince = _listener.Shared.Deadlines.Now;
                _deadlines.Arm(DeadlineKind.Output, _listener.Shared.Deadlines, _listener.Shared.Options.WriteTimeout);
                break;
            case DeadlineKind.Output:
                Log.WriteTimedOut(_listener.Shared.Logger, Id, Remote.Address);
                _listener.Instruments.Ended("write_timeout");
                Abort();
                break;
            default:
                Abort(); // It was told to end and has not
                break;
        }
    }

    /// <summary>Repeats a wake-up that may have gone to a reader nobody waits on any more, or before this connection was known.</summary>
    internal void WakeIfDraining()
    {
        if (Draining.IsCancellationRequested)
            Wake();
    }

    /// <summary>Sends what is left and ends TLS; the transport is closed by the caller's caller.</summary>
    internal async ValueTask FinishAsync()
    {
        LogOut();
        _count.Leave();
        _deadlines.Disarm(DeadlineKind.Input);
        _deadlines.Disarm(DeadlineKind.Pace);
        _deadlines.Disarm(DeadlineKind.End);
        ExpectOutput();
        try
        {
            await Output.FlushAsync(CancellationToken.None);
            if (_compressed is { } compressed)
            {
                await _input.CompleteAsync();
                await Output.CompleteAsync();
                (_input.Inner, Output) = (compressed.Input, compressed.Output);
            }

            if (_tls is { } tls)
            {
                await _input.CompleteAsync();
                await Output.CompleteAsync();
                await tls.ShutdownAsync();
                await tls.DisposeAsync();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer went first: there is nobody left to say goodbye to
            if (_tls is not null)
                await _tls.DisposeAsync();
        }

        if (_compressed is not null)
            await _compressed.DisposeAsync();
        await _inputEnded.DisposeAsync();
        await _closed.CancelAsync();
        if (_context.ConnectionClosed.IsCancellationRequested)
            ReleaseDeadlines();
        else
            _context.ConnectionClosed.UnsafeRegister(static connection => ((ClientConnection)connection!).ReleaseDeadlines(), this);
    }

    private void TakeClientCertificate(ClientCertificateCheck? check)
    {
        ClientCertificate = check?.Verified;
        if (check is { Verified: null, Problem: var problem })
            Log.ClientCertificateRefused(_listener.Shared.Logger, Id, Remote.Address, problem);
    }

    private static IPEndPoint Normalise(EndPoint? endPoint) => endPoint is not IPEndPoint ip
        ? new IPEndPoint(IPAddress.Loopback, 0)
        : ip.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port) : ip;

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(address))]
    private static IPAddress? Normalise(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    private static string Name(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => protocol.ToString(),
    };

    private void Arrived(long octets)
    {
        _received += octets;
        _lastInput = _listener.Shared.Deadlines.Now;
    }

    private void BeginPace()
    {
        Volatile.Write(ref _paceFrom, Volatile.Read(ref _received));
        _deadlines.Arm(DeadlineKind.Pace, _listener.Shared.Deadlines, _listener.Shared.Options.MinBytesWindow);
    }

    // While the server works it is not the client that is slow
    private void CheckPace()
    {
        var options = _listener.Shared.Options;
        var enough = options.MinBytesPerMinute * options.MinBytesWindow.TotalMinutes;
        if (_input.IsWaiting && Volatile.Read(ref _received) - Volatile.Read(ref _paceFrom) < enough)
            Dismiss(Dismissal.TooSlow);
        else
            BeginPace();
    }

    private void ExpectOutput()
    {
        _progress.Begin();
        _sendingSince = _listener.Shared.Deadlines.Now;
        _deadlines.Arm(DeadlineKind.Output, _listener.Shared.Deadlines, _listener.Shared.Options.WriteTimeout);
    }

    // What the deadline was for has been taken meanwhile
    private bool IsOldNews() =>
        _sendingSince is var since && (since == 0 || _listener.Shared.Deadlines.Now - since < _listener.Shared.Options.WriteTimeout.TotalSeconds);

    // A slow client that goes on taking is none that hangs
    private bool TakesEnough()
    {
        var options = _listener.Shared.Options;
        return _progress.Take() > options.MinBytesPerMinute * options.WriteTimeout.TotalMinutes;
    }

    private bool IsDelivered(FlushResult flush)
    {
        if (flush.IsCompleted)
            _closed.Cancel();
        return !flush.IsCompleted;
    }

    private void ReleaseDeadlines() => _listener.Shared.Deadlines.Release(_deadlines);

    private async ValueTask<bool> AwaitFlushAsync(ValueTask<FlushResult> flush)
    {
        ExpectOutput();
        try
        {
            return IsDelivered(await flush);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            await _closed.CancelAsync();
            return false;
        }
        finally
        {
            _sendingSince = 0;
            _deadlines.Disarm(DeadlineKind.Output);
        }
    }
}
