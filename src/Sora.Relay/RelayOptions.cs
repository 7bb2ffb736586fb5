using System.Net;
using System.Net.Mail;
using Sora.Configuration;

namespace Sora.Relay;

/// <summary>The protocol of the hosts that messages are sent to.</summary>
public enum RelayProtocol
{
    /// <summary>RFC 5321.</summary>
    Smtp,

    /// <summary>RFC 2033.</summary>
    Lmtp,
}

/// <summary>When connections are encrypted.</summary>
public enum RelayTls
{
    /// <summary>By STARTTLS; a host without it is not used.</summary>
    Require,

    /// <summary>By STARTTLS where it is offered.</summary>
    Prefer,

    /// <summary>From the first byte.</summary>
    Implicit,

    /// <summary>Never.</summary>
    None,
}

/// <summary>[relay]: messages that leave.</summary>
[Section("Messages that leave: redirects, answers, reports and notifications. Without hosts and without relay.http.url nothing leaves, and scripts that want it fail")]
public sealed class RelayOptions : IValidatableOptions
{
    [Option("Smart hosts that take what leaves, as name, name:port or [IPv6]:port; the first that works is used", Example = "smtp.example.org:587")]
    public IReadOnlyList<string> Hosts { get; set; } = [];

    [Option("Use all hosts in turn instead of the first that works")]
    public bool Balance { get; set; }

    [Option("What the hosts speak: smtp or lmtp")]
    public RelayProtocol Protocol { get; set; }

    [Option("Encryption: require (STARTTLS), prefer (STARTTLS if offered, whoever the host is), implicit (from the first byte) or none", Reference = "RFC 3207, RFC 8314 3.3")]
    public RelayTls Tls { get; set; }

    [Option("The hosts must show a certificate for their names that is trusted; tls = \"prefer\" asks for none")]
    public bool VerifyCertificate { get; set; } = true;

    [Option("PEM file of the authorities trusted to sign the hosts' certificates; the system's when not set", Example = "/etc/sora/relay-ca.pem")]
    public string? CaFile { get; set; }

    [Option("PEM file with the certificate, and those that lead to its authority, that is shown to hosts which ask for one", Reference = "RFC 8446 4.4.2", Example = "/etc/sora/relay-client.pem")]
    public string? CertificateFile { get; set; }

    [Option("PEM file with the key of that certificate; the certificate's own file when not set", Example = "/etc/sora/relay-client-key.pem")]
    public string? KeyFile { get; set; }

    [Option("User to log in as; none when not set", Reference = "RFC 4954", Example = "sora")]
    public string? User { get; set; }

    [Option("Password of the user", Secret = true, Example = "secret")]
    public string? Password { get; set; }

    [Option("Send the password as PLAIN or LOGIN also over a connection that is not encrypted", Reference = "RFC 4954 4")]
    public bool PlainWithoutTls { get; set; }

    [Option("Name of this host in EHLO and in reports; node.name when not set", Reference = "RFC 5321 4.1.1.1", Example = "mail.example.org")]
    public string? HostName { get; set; }

    [Option("Messages that a node sends at the same time, and connections to one host")]
    [OptionRange(1, 256)]
    public int Parallelism { get; set; } = 4;

    [Option("Messages after which a connection is closed")]
    [OptionRange(1, 100_000)]
    public int MessagesPerConnection { get; set; } = 100;

    [Option("Recipients in one transaction", Reference = "RFC 5321 4.5.3.1.8")]
    [OptionRange(1, 10_000)]
    public int RecipientsPerTransaction { get; set; } = 100;

    [Option("How often the queue is looked at for what other nodes have put there, and for what is to be tried again")]
    [OptionRange("50ms", "10m")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    [Option("How long a message belongs to a node that sends it without a sign of life; then another one may")]
    [OptionRange("5s", "1h")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    [Option("First pause before a message is tried again; it doubles each time, give or take a quarter", Reference = "RFC 5321 4.5.4.1")]
    [OptionRange("10ms", "1d")]
    public TimeSpan Retry { get; set; } = TimeSpan.FromMinutes(5);

    [Option("Longest pause before a message is tried again")]
    [OptionRange("10ms", "2d")]
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromHours(2);

    [Option("How long a message is tried before it is given up", Reference = "RFC 5321 4.5.4.1")]
    [OptionRange("1m", "30d")]
    public TimeSpan Expiry { get; set; } = TimeSpan.FromDays(5);

    [Option("First pause for a host that cannot be used; it doubles each time")]
    [OptionRange("10ms", "1h")]
    public TimeSpan HostRetry { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Longest pause for a host that cannot be used")]
    [OptionRange("10ms", "1d")]
    public TimeSpan HostRetryMax { get; set; } = TimeSpan.FromMinutes(5);

    [Option("How long a node that stops waits for what it is sending")]
    [OptionRange("0s", "10m")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(20);

    public RelayLimitOptions Limits { get; set; } = new();

    public RelayTimeoutOptions Timeouts { get; set; } = new();

    public RelayReportOptions Reports { get; set; } = new();

    public RelaySrsOptions Srs { get; set; } = new();

    public RelayHttpOptions Http { get; set; } = new();

    /// <summary>There is somebody to send through.</summary>
    public bool IsConfigured => Hosts.Count > 0 || Http.Url is not null;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var host in Hosts)
            if (!HostAddress.TryParse(host, this, out _))
                yield return $"hosts has '{host}', which is no name, name:port or [IPv6]:port";
        if (Hosts.Count > 0 && Http.Url is not null)
            yield return "hosts and relay.http.url are both set: messages leave by one of them";
        if (User is not null != (Password is not null))
            yield return "user and password are set together";
        if (HostName is { } name && !IsHostName(name))
            yield return "host_name must be a host name or an address literal";
        if (CaFile is { } file && !File.Exists(file))
            yield return $"ca_file names {file}, which is not there";
        if (CertificateFile is { } certificate && !File.Exists(certificate))
            yield return $"certificate_file names {certificate}, which is not there";
        if (KeyFile is { } key && !File.Exists(key))
            yield return $"key_file names {key}, which is not there";
        if (KeyFile is not null && CertificateFile is null)
            yield return "key_file needs certificate_file";
        if (RetryMax < Retry)
            yield return "retry_max must not be shorter than retry";
        if (HostRetryMax < HostRetry)
            yield return "host_retry_max must not be shorter than host_retry";
    }

    internal static bool IsHostName(string name) =>
        name is ['[', .. var literal, ']']
            ? IPAddress.TryParse(literal.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? literal[5..] : literal, out _)
            : Uri.CheckHostName(name) == UriHostNameType.Dns;
}

/// <summary>[relay.limits]: what the queue takes.</summary>
[Section("What the queue takes")]
public sealed class RelayLimitOptions
{
    [Option("Largest message that is queued")]
    [OptionRange("1KiB", "1GiB")]
    public ByteSize MaxMessage { get; set; } = ByteSize.MiB(64);

    [Option("Most recipients of one message")]
    [OptionRange(1, 10_000)]
    public int MaxRecipients { get; set; } = 100;

    [Option("Most recipients that wait in the queue, all accounts together; then nothing more is queued for the time being")]
    [OptionRange(1, 100_000_000)]
    public int MaxQueue { get; set; } = 1_000_000;

    [Option("Most messages that one account may send in an hour")]
    [OptionRange(1, 1_000_000)]
    public int MaxPerHour { get; set; } = 200;

    [Option("Most messages that one account may send in a day")]
    [OptionRange(1, 10_000_000)]
    public int MaxPerDay { get; set; } = 1000;

    [Option("Received fields above which a message is not redirected: it is taken to be in a loop", Reference = "RFC 5321 6.3")]
    [OptionRange(1, 1000)]
    public int MaxReceived { get; set; } = 50;

    [Option("Most addresses of one host that are tried", Reference = "RFC 5321 5.1")]
    [OptionRange(1, 100)]
    public int MaxAddresses { get; set; } = 10;

    [Option("Longest line of a host's reply", Reference = "RFC 5321 4.5.3.1.5")]
    [OptionRange("512", "64KiB")]
    public ByteSize MaxReplyLine { get; set; } = ByteSize.KiB(4);

    [Option("Longest reply of a host, all lines together")]
    [OptionRange("1KiB", "1MiB")]
    public ByteSize MaxReply { get; set; } = ByteSize.KiB(64);
}

/// <summary>[relay.timeouts]: how long hosts may take.</summary>
[Section("How long hosts may take")]
public sealed class RelayTimeoutOptions
{
    [Option("To take a connection, and for TLS")]
    [OptionRange("100ms", "10m")]
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(30);

    [Option("For the greeting", Reference = "RFC 5321 4.5.3.2.1")]
    [OptionRange("100ms", "1h")]
    public TimeSpan Greeting { get; set; } = TimeSpan.FromMinutes(5);

    [Option("For the answer to a command", Reference = "RFC 5321 4.5.3.2.2, 4.5.3.2.3")]
    [OptionRange("100ms", "1h")]
    public TimeSpan Command { get; set; } = TimeSpan.FromMinutes(5);

    [Option("For the answer to DATA", Reference = "RFC 5321 4.5.3.2.4")]
    [OptionRange("100ms", "1h")]
    public TimeSpan Data { get; set; } = TimeSpan.FromMinutes(2);

    [Option("To take a block of the message", Reference = "RFC 5321 4.5.3.2.5")]
    [OptionRange("100ms", "1h")]
    public TimeSpan Block { get; set; } = TimeSpan.FromMinutes(3);

    [Option("For the answer to the whole message", Reference = "RFC 5321 4.5.3.2.6")]
    [OptionRange("100ms", "1h")]
    public TimeSpan Final { get; set; } = TimeSpan.FromMinutes(10);

    [Option("How long a connection without work is kept")]
    [OptionRange("0s", "10m")]
    public TimeSpan Idle { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>[relay.reports]: what senders hear.</summary>
[Section("Reports to the senders of messages that could not be sent on (RFC 3464)")]
public sealed class RelayReportOptions : IValidatableOptions
{
    [Option("Address that reports come from; MAILER-DAEMON at relay.host_name when not set", Example = "postmaster@example.org")]
    public string? From { get; set; }

    [Option("Address that hears of reports that cannot be delivered, if any is to", Example = "postmaster@example.org")]
    public string? Postmaster { get; set; }

    [Option("How long a message waits before its sender is told, if its sender asked to be told", Reference = "RFC 3461 5.2.5")]
    [OptionRange("1m", "30d")]
    public TimeSpan DelayAfter { get; set; } = TimeSpan.FromHours(4);

    [Option("Largest message that a report returns whole, if its sender asked for it; of others only the header", Reference = "RFC 3461 6.2")]
    [OptionRange("0", "16MiB")]
    public ByteSize MaxReturn { get; set; } = ByteSize.MiB(1);

    [Option("Most of a header that a report returns")]
    [OptionRange("1KiB", "1MiB")]
    public ByteSize MaxHeader { get; set; } = ByteSize.KiB(64);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (From is { } from && !(MailAddress.TryCreate(from, out var address) && address.Address == from))
            yield return "from must be an address such as postmaster@example.org";
        if (Postmaster is { } postmaster && !(MailAddress.TryCreate(postmaster, out var known) && known.Address == postmaster))
            yield return "postmaster must be an address such as postmaster@example.org";
    }
}

/// <summary>[relay.srs]: the sender of redirected messages.</summary>
[Section("Sender rewriting (SRS): redirected messages leave with an address of this site as their sender, so that SPF lets them pass; bounces to it go on to the sender")]
public sealed class RelaySrsOptions : IValidatableOptions
{
    [Option("Domain of the rewritten addresses; mail to it must come here by LMTP. Senders are not rewritten when it is not set", Example = "example.org")]
    public string? Domain { get; set; }

    [Option("Secrets that sign the addresses, the same on all nodes: the first one signs, all are accepted", Secret = true)]
    public IReadOnlyList<string> Secrets { get; set; } = [];

    [Option("How long bounces may come back")]
    [OptionRange("1d", "1000d")]
    public TimeSpan Validity { get; set; } = TimeSpan.FromDays(21);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Domain is { } domain && Uri.CheckHostName(domain) != UriHostNameType.Dns)
            yield return "domain must be a domain";
        if (Domain is not null && Secrets.Count == 0)
            yield return "secrets must be set when domain is: one long random text, the same on all nodes";
        foreach (var secret in Secrets)
            if (secret.Length < 16)
                yield return "secrets has one that is shorter than 16 characters";
    }
}

/// <summary>[relay.http]: an endpoint in the place of hosts.</summary>
[Section("An HTTP endpoint that takes what leaves, in the place of relay.hosts")]
public sealed class RelayHttpOptions : IValidatableOptions
{
    [Option("Where messages are posted to", Example = "https://relay.example.org/messages")]
    public string? Url { get; set; }

    [Option("Bearer token to show", Secret = true, Reference = "RFC 6750 2.1", Example = "secret")]
    public string? Token { get; set; }

    [Option("How long a request may take")]
    [OptionRange("100ms", "1h")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Url is { } url && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return "url must begin with https:// or http://";
        if (Token is { } token && token.Any(static c => c is <= ' ' or > '~'))
            yield return "token must not have blanks or other than ASCII characters";
    }
}
