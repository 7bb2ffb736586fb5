using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Sora.Relay.Smtp;

/// <summary>Commands out, replies in, each with a limit of time and size. After an exception it is of no use.</summary>
internal sealed class SmtpStream(Stream stream, RelayLimitOptions limits) : IDisposable
{
    private const int BufferSize = 4096;

    private readonly byte[] _input = new byte[BufferSize];
    private readonly StringBuilder _commands = new();
    private Stream _stream = stream;
    private int _start;
    private int _end;

    /// <summary>Bytes came that nobody has asked for yet.</summary>
    public bool HasInput => _start < _end;

    /// <summary>Adds a command, to be sent by <see cref="FlushAsync"/>.</summary>
    public void Add(string command) => _commands.Append(command).Append("\r\n");

    public async Task FlushAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(_commands.ToString());
        _commands.Clear();
        await WriteAsync(bytes, timeout, cancellationToken);
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, TimeSpan timeout, CancellationToken cancellationToken) =>
        LimitAsync(
            async token =>
            {
                await _stream.WriteAsync(bytes, token);
                await _stream.FlushAsync(token);
                return 0;
            },
            timeout,
            cancellationToken);

    /// <summary>One command and its reply.</summary>
    public async Task<SmtpReply> CommandAsync(string command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Add(command);
        await FlushAsync(timeout, cancellationToken);
        return await ReplyAsync(timeout, cancellationToken);
    }

    /// <summary>Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF</summary>
    public Task<SmtpReply> ReplyAsync(TimeSpan timeout, CancellationToken cancellationToken) => LimitAsync(ReadReplyAsync, timeout, cancellationToken);

    /// <summary>A reply that is there already after writing failed; null when there is none.</summary>
    public async Task<SmtpReply?> TryReplyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await ReplyAsync(timeout, cancellationToken);
        }
        catch (SmtpException)
        {
            return null;
        }
    }

    /// <summary>Goes on in TLS. What came before the handshake in the clear could be an attacker's, so there must be nothing (RFC 3207 section 5).</summary>
    public async Task UpgradeAsync(SslClientAuthenticationOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (HasInput)
            throw new SmtpException("the host sent something in the clear after its answer to STARTTLS");
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await LimitAsync(
            async token =>
            {
                await tls.AuthenticateAsClientAsync(options, token);
                return 0;
            },
            timeout,
            cancellationToken);
    }

    public void Dispose() => _stream.Dispose();

    private async Task<SmtpReply> ReadReplyAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>(1);
        var code = 0;
        var total = 0L;
        while (true)
        {
            var line = await ReadLineAsync(cancellationToken);
            total += line.Length;
            if (total > limits.MaxReply.Bytes)
                throw new SmtpException($"a reply is longer than {limits.MaxReply}");
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 200 or > 599
                || (line.Length > 3 && line[3] is not (' ' or '-')))
            {
                throw new SmtpException($"this is no reply: {line[..Math.Min(line.Length, 100)]}");
            }

            if (code != 0 && number != code)
                throw new SmtpException($"a reply has two codes, {code} and {number}");
            code = number;
            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] == ' ')
                return new SmtpReply(code, lines);
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        byte[]? whole = null;
        while (true)
        {
            var end = Array.IndexOf(_input, (byte)'\n', _start, _end - _start);
            var stop = end < 0 ? _end : end;
            if ((whole?.Length ?? 0) + stop - _start > limits.MaxReplyLine.Bytes)
                throw new SmtpException($"a line of a reply is longer than {limits.MaxReplyLine}");
            if (end >= 0 || _start < _end)
                whole = whole is null ? _input[_start..stop] : [.. whole, .. _input[_start..stop]];
            if (end >= 0)
            {
                _start = end + 1;
                return Clean(whole!);
            }

            _start = 0;
            _end = await _stream.ReadAsync(_input, cancellationToken);
            if (_end == 0)
                throw new SmtpException("the host closed the connection");
        }
    }

    // It is logged, stored, shown in a terminal and put into reports
    private static string Clean(byte[] line)
    {
        var text = Encoding.UTF8.GetString(line is [.., (byte)'\r'] ? line.AsSpan(0, line.Length - 1) : line);
        return string.Create(text.Length, text, static (clean, text) =>
        {
            for (var i = 0; i < clean.Length; i++)
                clean[i] = text[i] == '\t' ? ' ' : char.IsControl(text[i]) ? '?' : text[i];
        });
    }

    private static async Task<T> LimitAsync<T>(Func<CancellationToken, Task<T>> work, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            return await work(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SmtpException("no answer in time");
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException or ObjectDisposedException)
        {
            throw new SmtpException(e is AuthenticationException ? $"TLS failed: {(e.InnerException ?? e).Message}" : (e.InnerException ?? e).Message, null, e);
        }
    }
}
