using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sora.Testing;

/// <summary>A message that the peer took.</summary>
public sealed record Received(string Mail, IReadOnlyList<string> Recipients, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);
}

/// <summary>
/// An SMTP (or LMTP) server on loopback that does what a test tells it to, and notes what no client may do. A rule answers a command that begins with its text; the
/// answer may have several lines, be empty to say nothing at all, or be "close".
/// </summary>
public sealed class SmtpPeer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _sessions = [];
    private readonly Task _accepting;
    private int _connections;

    public SmtpPeer(bool isV6 = false)
    {
        _listener = new TcpListener(isV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    public string Address => $"localhost:{Port}";

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Greeting { get; set; } = "220 peer.example ready";

    public IList<string> Extensions { get; set; } = ["PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];

    public bool IsLmtp { get; set; }

    public X509Certificate2? Certificate { get; set; }

    public bool ImplicitTls { get; set; }

    /// <summary>Asks clients for a certificate, and notes whose it was.</summary>
    public bool AsksForCertificate { get; set; }

    public ConcurrentQueue<string> ClientCertificates { get; } = new();

    /// <summary>An answer in the midst of the message, after so many bytes, after which the connection is closed.</summary>
    public (long After, string Answer)? Interrupt { get; set; }

    /// <summary>Answers to commands: the first that returns something has its way.</summary>
    public IList<Func<string, string?>> Rules { get; } = [];

    /// <summary>The answers to the end of the message; more than one only for LMTP.</summary>
    public Func<Received, IEnumerable<string>>? Final { get; set; }

    public ConcurrentQueue<string> Commands { get; } = new();

    public ConcurrentQueue<Received> Messages { get; } = new();

    public ConcurrentQueue<string> Violations { get; } = new();

    public int Connections => _connections;

    public void On(string command, params string[] answers)
    {
        var next = 0;
        Rules.Add(line => line.StartsWith(command, StringComparison.OrdinalIgnoreCase) && next < answers.Length ? answers[next++] : null);
    }

    public void Always(string command, string answer) =>
        Rules.Add(line => line.StartsWith(command, StringComparison.OrdinalIgnoreCase) ? answer : null);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_sessions);
        _stopping.Dispose();
        Certificate?.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                client.NoDelay = true;
                Interlocked.Increment(ref _connections);
                _sessions.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
                await new Session(this, client).RunAsync(_stopping.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client is gone
        }
    }

    private sealed class Session(SmtpPeer peer, TcpClient client)
    {
        private readonly byte[] _buffer = new byte[65536];
        private Stream _stream = client.GetStream();
        private int _start;
        private int _end;
        private string? _mail;
        private List<string> _recipients = [];
        private bool _isGreeted;
        private bool _isEncrypted;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            if (peer.ImplicitTls)
                await EncryptAsync(cancellationToken);
            await WriteAsync(peer.Greeting, cancellationToken);
            while (await ReadLineAsync(cancellationToken) is { } bytes)
            {
                var line = Encoding.UTF8.GetString(bytes);
                peer.Commands.Enqueue(line);
                if (bytes.AsSpan().ContainsAny((byte)'\r', (byte)'\n', (byte)0))
                    peer.Violations.Enqueue("a control in " + line);

                // Without PIPELINING the client waits for each answer
                if (!peer.Extensions.Contains("PIPELINING") && (_start < _end || client.Available > 0) && !line.StartsWith("QUIT", StringComparison.Ordinal))
                    peer.Violations.Enqueue("did not wait for the answer to " + line);
                var answer = peer.Rules.Select(rule => rule(line)).FirstOrDefault(static text => text is not null) ?? Default(line);
                if (answer == "close")
                    return;
                await WriteAsync(answer, cancellationToken);
                if (answer.StartsWith("221", StringComparison.Ordinal) || answer.StartsWith("421", StringComparison.Ordinal))
                    return;
                Note(line, answer);
                if (line == "STARTTLS" && answer.StartsWith("220", StringComparison.Ordinal))
                    await EncryptAsync(cancellationToken);
                else if (line == "DATA" && answer.StartsWith("354", StringComparison.Ordinal) && !await TakeAsync(cancellationToken))
                    return;
            }
        }

        private string Default(string line)
        {
            var verb = line.Split(' ')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO" when !peer.IsLmtp:
                case "LHLO" when peer.IsLmtp:
                    var tls = peer.Certificate is not null && !_isEncrypted && !peer.ImplicitTls ? (string[])["STARTTLS"] : [];
                    string[] all = ["peer.example greets you", .. peer.Extensions, .. tls];
                    return string.Join("\r\n", all.Select((text, i) => $"250{(i == all.Length - 1 ? ' ' : '-')}{text}"));
                case "HELO" when !peer.IsLmtp:
                    return "250 peer.example";
                case "STARTTLS":
                    return "220 2.0.0 go on";
                case "MAIL":
                    return _mail is not null ? "503 5.5.1 nested MAIL" : _isGreeted ? "250 2.1.0 ok" : "503 5.5.1 no greeting";
                case "RCPT":
                    return _mail is null ? "503 5.5.1 no MAIL" : "250 2.1.5 ok";
                case "DATA":
                    return _recipients.Count == 0 ? "503 5.5.1 no valid recipients" : "354 go on";
                case "RSET":
                    return "250 2.0.0 ok";
                case "QUIT":
                    return "221 2.0.0 bye";
                default:
                    return "500 5.5.2 what?";
            }
        }

        private void Note(string line, string answer)
        {
            if (!answer.StartsWith('2'))
                return;
            if (line.StartsWith("EHLO", StringComparison.Ordinal) || line.StartsWith("LHLO", StringComparison.Ordinal) || line.StartsWith("HELO", StringComparison.Ordinal))
                _isGreeted = true;
            if (line.StartsWith("MAIL", StringComparison.Ordinal))
                _mail = line;
            else if (line.StartsWith("RCPT", StringComparison.Ordinal))
                _recipients.Add(line);
            else if (line == "RSET")
                (_mail, _recipients) = (null, []);
        }

        private async Task<bool> TakeAsync(CancellationToken cancellationToken)
        {
            using var bytes = new MemoryStream();
            while (true)
            {
                if (await ReadLineAsync(cancellationToken) is not { } line)
                    return false;
                if (line.AsSpan().ContainsAny((byte)'\r', (byte)'\n'))
                    peer.Violations.Enqueue("a bare CR or LF in the message");
                if (line is [(byte)'.'])
                    break;
                bytes.Write(line is [(byte)'.', .. var rest] ? rest : line);
                bytes.Write("\r\n"u8);
                if (peer.Interrupt is { } interrupt && bytes.Length > interrupt.After)
                {
                    await WriteAsync(interrupt.Answer, cancellationToken);
                    return false;
                }
            }

            var message = new Received(_mail!, _recipients, bytes.ToArray());
            var answers = peer.Final?.Invoke(message) ?? Enumerable.Repeat("250 2.6.0 taken", peer.IsLmtp ? _recipients.Count : 1);
            var index = 0;
            foreach (var answer in answers)
            {
                if (answer == "close")
                    return false;
                if (answer.StartsWith('2'))
                    peer.Messages.Enqueue(peer.IsLmtp ? message with { Recipients = [message.Recipients[index]] } : message);
                await WriteAsync(answer, cancellationToken);
                index++;
            }

            (_mail, _recipients) = (null, []);
            return true;
        }

        private async Task EncryptAsync(CancellationToken cancellationToken)
        {
            var tls = new SslStream(_stream);
            var options = new SslServerAuthenticationOptions { ServerCertificate = peer.Certificate, ClientCertificateRequired = peer.AsksForCertificate };
            if (peer.AsksForCertificate)
            {
                options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    peer.ClientCertificates.Enqueue(certificate?.Subject ?? "");
                    return certificate is not null;
                };
            }

            await tls.AuthenticateAsServerAsync(options, cancellationToken);
            _stream = tls;
            _isEncrypted = true;
            _isGreeted = false;
        }

        private async Task WriteAsync(string answer, CancellationToken cancellationToken)
        {
            if (answer.Length > 0)
                await _stream.WriteAsync(Encoding.UTF8.GetBytes(answer + "\r\n"), cancellationToken);
        }

        // A line ends with CRLF and nothing else; null at the end
        private async Task<byte[]?> ReadLineAsync(CancellationToken cancellationToken)
        {
            using var line = new MemoryStream();
            while (true)
            {
                while (_start < _end)
                {
                    var b = _buffer[_start++];
                    line.WriteByte(b);
                    if (b == '\n' && line.Length > 1 && line.GetBuffer()[line.Length - 2] == '\r')
                        return line.ToArray()[..^2];
                }

                _start = 0;
                _end = await _stream.ReadAsync(_buffer, cancellationToken);
                if (_end == 0)
                    return null;
            }
        }
    }
}
