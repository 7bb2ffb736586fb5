using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
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
    private volatile PipeReader _input;

    internal ClientConnection(ConnectionContext context, Listener listener)
    {
        _context = context;
        _listener = listener;
        _input = context.Transport.Input;
        Output = context.Transport.Output;
        Remote = Normalise(context.RemoteEndPoint);
        Local = Normalise(context.LocalEndPoint);
        _deadlines = listener.Shared.Deadlines.Register(this);

        // Kestrel's token says only that nothing more will come: a client that has shut down its side may still wait for its answers
        _inputEnded = context.ConnectionClosed.UnsafeRegister(
            static connection => ((ClientConnection)connection!)._closed.CancelAfter(((ClientConnection)connection)._listener.Shared.Options.HalfCloseTimeout), this);
    }

    /// <summary>Names the connection in logs.</summary>
    public string Id => _context.ConnectionId;

    /// <summary>The client's address; IPv4 is never shown as mapped into IPv6.</summary>
    public IPEndPoint Remote { get; }

    public IPEndPoint Local { get; }

    /// <summary>What is spoken on it, as in "imap".</summary>
    internal string Protocol => _listener.Definition.Protocol.Name;

    public bool IsTls => _tls is not null;

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

    /// <summary>
    /// From now on until the next call the client has this long: then <see cref="InputTimedOut"/> is set and the read woken. Costs one
    /// store.
    /// </summary>
    public void SetInputTimeout(TimeSpan timeout)
    {
        InputTimedOut = false;
        _deadlines.ArmInput(_listener.Shared.Deadlines, timeout);
    }

    /// <summary>The client has all the time it wants, as while the server works.</summary>
    public void ClearInputTimeout()
    {
        _deadlines.DisarmInput();
        InputTimedOut = false;
    }

    /// <summary>As <see cref="ClearInputTimeout"/>, but <see cref="InputTimedOut"/> stays as it is.</summary>
    internal void StopInputTimeout() => _deadlines.DisarmInput();

    /// <summary>Sends what was written. Waits while the client is slow, at most write_timeout. False when the connection is gone.</summary>
    public ValueTask<bool> FlushAsync()
    {
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
        var tls = new SslStream(new DuplexPipeStream(_input, Output), leaveInnerStreamOpen: true);
        _deadlines.ArmOutput(_listener.Shared.Deadlines, _listener.Shared.Options.HandshakeTimeout);
        Handshake handshake;
        try
        {
            handshake = await certificates.BeginAsync(_input, _listener.Definition.Protocol, cancellationToken) ?? throw new AuthenticationException("There is no certificate for it");
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
            _deadlines.DisarmOutput();
        }

        _listener.Shared.Metrics.TlsHandshake(_listener.Definition.Protocol.Name, success: true);
        if (handshake.IsAcmeValidation)
        {
            await tls.DisposeAsync();
            return false;
        }

        TakeClientCertificate(handshake.ClientCheck);
        _tls = tls;
        Output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        _input = PipeReader.Create(tls, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        WakeIfDraining();
        return true;
    }

    /// <summary>
    /// Compresses both directions from here on (RFC 4978), on top of TLS if that is active. Before it the caller has flushed its go-ahead and has
    /// advanced <see cref="Input"/> exactly through the client's request. Replaces <see cref="Input"/> and <see cref="Output"/>.
    /// </summary>
    public void StartCompression()
    {
        var compressed = new CompressedStream(_input, Output, _listener.Shared.Options.CompressionLevel);
        Output = PipeWriter.Create(compressed, new StreamPipeWriterOptions(leaveOpen: true));
        _input = PipeReader.Create(compressed, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
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
        (_input, Output) = (compressed.Input, compressed.Output);
        await compressed.DisposeAsync();
        WakeIfDraining();
    }

    /// <summary>Closes the connection at once.</summary>
    public void Abort()
    {
        _context.Abort(new ConnectionAbortedException("Aborted by the server"));
        _closed.Cancel();
    }

    void IDeadlineTarget.DeadlineExpired(bool isOutput)
    {
        if (isOutput)
        {
            Log.WriteTimedOut(_listener.Shared.Logger, Id, Remote.Address);
            Abort();
        }
        else
        {
            InputTimedOut = true;
            Wake();
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
        _deadlines.DisarmInput();
        _deadlines.ArmOutput(_listener.Shared.Deadlines, _listener.Shared.Options.WriteTimeout);
        try
        {
            await Output.FlushAsync(CancellationToken.None);
            if (_compressed is { } compressed)
            {
                await _input.CompleteAsync();
                await Output.CompleteAsync();
                (_input, Output) = (compressed.Input, compressed.Output);
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

    private static string Name(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => protocol.ToString(),
    };

    private bool IsDelivered(FlushResult flush)
    {
        if (flush.IsCompleted)
            _closed.Cancel();
        return !flush.IsCompleted;
    }

    private void ReleaseDeadlines() => _listener.Shared.Deadlines.Release(_deadlines);

    private async ValueTask<bool> AwaitFlushAsync(ValueTask<FlushResult> flush)
    {
        _deadlines.ArmOutput(_listener.Shared.Deadlines, _listener.Shared.Options.WriteTimeout);
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
            _deadlines.DisarmOutput();
        }
    }
}
