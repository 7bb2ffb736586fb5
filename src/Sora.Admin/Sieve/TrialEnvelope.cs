using System.CommandLine;
using System.Text;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary>The options of a trial's envelope, and what stands for those that are not given.</summary>
internal sealed class TrialEnvelope
{
    private readonly Option<string?> _from = Option("--from", "ADDRESS", "MAIL FROM; \"\" is the null reverse-path (the message's Return-Path, else its From)");
    private readonly Option<string?> _to = Option("--to", "ADDRESS", "RCPT TO, and without --email the user's address (the address of --email, else the first in To)");
    private readonly Option<string?> _auth = Option("--auth", "ADDRESS", "AUTH of MAIL (RFC 4954)");
    private readonly Option<string?> _notify = Option("--notify", "WORDS", "NOTIFY of RCPT (RFC 3461), such as FAILURE,DELAY");
    private readonly Option<string?> _orcpt = Option("--orcpt", "ADDRESS", "ORCPT of RCPT (RFC 3461), such as rfc822;user@example.com");
    private readonly Option<string?> _ret = Option("--ret", "WORD", "RET of MAIL (RFC 3461): FULL or HDRS");
    private readonly Option<string?> _envid = Option("--envid", "ID", "ENVID of MAIL (RFC 3461)");

    public IEnumerable<Option> Options => [_from, _to, _auth, _notify, _orcpt, _ret, _envid];

    /// <summary>The envelope of a message.</summary>
    /// <param name="run">What was asked for.</param>
    /// <param name="header">The message's header.</param>
    /// <param name="owner">The account's address; null when no account is named.</param>
    public SieveEnvelope Of(CommandRun run, ReadOnlySpan<byte> header, string? owner) => new()
    {
        From = run.Get(_from) ?? PathIn(header) ?? FirstIn(header, "From"u8) ?? "",
        To = run.Get(_to) ?? owner ?? FirstIn(header, "To"u8) ?? "",
        Auth = run.Get(_auth),
        Notify = run.Get(_notify)?.ToUpperInvariant(),
        OriginalRecipient = run.Get(_orcpt) is { } recipient && !recipient.Contains(';', StringComparison.Ordinal) ? $"rfc822;{recipient}" : run.Get(_orcpt),
        Ret = run.Get(_ret)?.ToUpperInvariant(),
        EnvelopeId = run.Get(_envid),
    };

    private static string? PathIn(ReadOnlySpan<byte> header) =>
        HeaderFields.TryFind(header, "Return-Path"u8, out var field) ? Encoding.UTF8.GetString(field.Unfold()).Trim().TrimStart('<').TrimEnd('>') : null;

    private static string? FirstIn(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
    {
        if (!HeaderFields.TryFind(header, name, out var field))
            return null;
        foreach (var address in MailAddress.ParseList(field.Unfold()))
        {
            if (address is { Mailbox: { Length: > 0 } local, Host: { Length: > 0 } host })
                return $"{Encoding.UTF8.GetString(local)}@{Encoding.UTF8.GetString(host)}";
        }

        return null;
    }

    private static Option<string?> Option(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName };
}
