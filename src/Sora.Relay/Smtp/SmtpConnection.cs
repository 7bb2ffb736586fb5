using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Relay.Smtp;

/// <summary>A connection on which messages can be sent: greeted, encrypted and logged in as the options say.</summary>
internal sealed class SmtpConnection : IDisposable
{
    private readonly RelayOptions _options;
    private readonly HostAddress _host;
    private readonly Socket _socket;

    private SmtpConnection(RelayOptions options, HostAddress host, Socket socket)
    {
        _options = options;
        _host = host;
        _socket = socket;
        Stream = new SmtpStream(new NetworkStream(socket, ownsSocket: true), options.Limits);
    }

    public SmtpStream Stream { get; }

    public string HostName => _host.Name;

    public SmtpCapabilities Capabilities { get; private set; } = SmtpCapabilities.None;

    public bool IsEncrypted { get; private set; }

    /// <summary>Messages that were sent on it.</summary>
    public int Messages { get; set; }

    /// <summary>A transaction was begun and not ended by the server's answer to the message.</summary>
    public bool NeedsReset { get; set; }

    /// <summary>It serves no other transaction.</summary>
    public bool IsBroken { get; set; }

    public long IdleSince { get; set; }

    /// <exception cref="SmtpException">The host cannot be used now.</exception>
    public static async Task<SmtpConnection> OpenAsync(RelayOptions options, HostAddress host, string helloName, CancellationToken cancellationToken)
    {
        // RFC 5321 section 5.1: one address after the other, until one serves
        SmtpException? last = null;
        foreach (var address in await ResolveAsync(host, options, cancellationToken))
        {
            try
            {
                return await OpenAsync(options, host, address, helloName, cancellationToken);
            }
            catch (SmtpException e)
            {
                // What a server said tells more than that another address has none
                last = last?.Reply is null ? e : last;
            }
        }

        throw last!;
    }

    private static async Task<SmtpConnection> OpenAsync(
        RelayOptions options, HostAddress host, IPAddress address, string helloName, CancellationToken cancellationToken)
    {
        var connection = new SmtpConnection(options, host, await ConnectAsync(address, host.Port, options.Timeouts.Connect, cancellationToken));
        try
        {
            await connection.BeginAsync(helloName, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>False when the server has closed it, or said something while nobody asked, which is how it says that it will.</summary>
    public bool IsQuiet() => !Stream.HasInput && !_socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Says goodbye, but waits for no answer for long: nothing depends on it.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Stream.CommandAsync("QUIT", TimeSpan.FromSeconds(2), cancellationToken);
        }
        catch (Exception e) when (e is SmtpException or OperationCanceledException)
        {
            // It is closed either way
        }

        Dispose();
    }

    public void Dispose() => Stream.Dispose();

    private static async Task<Socket> ConnectAsync(IPAddress address, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is not (SocketException or OperationCanceledException))
                throw;
            throw new SmtpException(e is SocketException ? $"cannot connect: {e.Message}" : "cannot connect: no answer in time", null, e);
        }
    }

    private static async Task<IEnumerable<IPAddress>> ResolveAsync(HostAddress host, RelayOptions options, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.Name, out var literal))
            return [literal];
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host.Name, cancellationToken).WaitAsync(options.Timeouts.Connect, cancellationToken);
            return addresses.Length > 0 ? addresses.Take(options.Limits.MaxAddresses) : throw new SmtpException("the name has no address");
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            throw new SmtpException($"the name cannot be resolved: {e.Message}", null, e);
        }
    }

    private async Task BeginAsync(string helloName, CancellationToken cancellationToken)
    {
        var timeouts = _options.Timeouts;
        if (_options.Tls == RelayTls.Implicit)
            await EncryptAsync(cancellationToken);
        Expect("the connection", await Stream.ReplyAsync(timeouts.Greeting, cancellationToken), static reply => reply.Code == 220);
        await HelloAsync(helloName, cancellationToken);
        if (_options.Tls is RelayTls.Require or RelayTls.Prefer)
        {
            if (Capabilities.StartTls)
            {
                var reply = await Stream.CommandAsync("STARTTLS", timeouts.Command, cancellationToken);
                if (reply.Code == 220)
                {
                    await EncryptAsync(cancellationToken);

                    // RFC 3207 section 4.2: what was known before is forgotten
                    await HelloAsync(helloName, cancellationToken);
                }
                else if (_options.Tls == RelayTls.Require)
                {
                    throw Refused("STARTTLS", reply);
                }
            }
            else if (_options.Tls == RelayTls.Require)
            {
                throw new SmtpException("the host does not offer STARTTLS, and relay.tls asks for it");
            }
        }

        if (_options.User is { } user)
            await SmtpAuthentication.RunAsync(this, user, _options.Password!, _options.PlainWithoutTls, timeouts.Command, cancellationToken);
    }

    private async Task HelloAsync(string name, CancellationToken cancellationToken)
    {
        var isLmtp = _options.Protocol == RelayProtocol.Lmtp;
        var reply = await Stream.CommandAsync((isLmtp ? "LHLO " : "EHLO ") + name, _options.Timeouts.Command, cancellationToken);
        if (reply.IsPositive)
        {
            Capabilities = SmtpCapabilities.Parse(reply);
            return;
        }

        // RFC 5321 section 3.2: a server that does not know EHLO is asked the old way
        if (isLmtp || reply.IsClosing || !reply.IsPermanent)
            throw Refused(isLmtp ? "LHLO" : "EHLO", reply);
        Expect("HELO", await Stream.CommandAsync("HELO " + name, _options.Timeouts.Command, cancellationToken), static reply => reply.IsPositive);
        Capabilities = SmtpCapabilities.None;
    }

    private async Task EncryptAsync(CancellationToken cancellationToken)
    {
        var verify = _options.VerifyCertificate && _options.Tls != RelayTls.Prefer;
        var tls = new SslClientAuthenticationOptions { TargetHost = _host.Name, ClientCertificateContext = ClientCertificate.Load(_options) };
#pragma warning disable CA5359 // It is what the option asks for
        if (!verify)
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        else if (_options.CaFile is { } file)
            tls.CertificateChainPolicy = Trusting(file);
        await Stream.UpgradeAsync(tls, _options.Timeouts.Connect, cancellationToken);
        IsEncrypted = true;
    }

    private static X509ChainPolicy Trusting(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new SmtpException($"relay.ca_file cannot be read: {e.Message}", null, e);
        }

        return policy;
    }

    private static void Expect(string what, SmtpReply reply, Func<SmtpReply, bool> isExpected)
    {
        if (!isExpected(reply))
            throw Refused(what, reply);
    }

    private static SmtpException Refused(string what, SmtpReply reply) => new($"{what} was answered by {reply.ToReply("")}", reply);
}
