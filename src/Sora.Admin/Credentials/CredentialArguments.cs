using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Admin.Credentials;

/// <summary>What a credential is for, on the command line.</summary>
internal sealed class CredentialArguments
{
    private static readonly (string Name, LoginScopes Scope)[] Names =
        [("imap", LoginScopes.Imap), ("pop3", LoginScopes.Pop3), ("managesieve", LoginScopes.ManageSieve)];

    private readonly Option<string?> _description = new("--description") { Description = "What it is for, for people", HelpName = "TEXT" };

    private readonly Option<string?> _scopes = new("--scopes")
    {
        Description = "Where it lets in: imap, pop3, managesieve with commas between; all; or none, for an address that only receives mail",
        HelpName = "LIST",
    };

    private readonly Option<string?> _expires = new("--expires")
    {
        Description = "When it ends: a time from now such as 90d, a date (its beginning in UTC), a time such as 2027-01-31T12:00:00Z, or never",
        HelpName = "WHEN",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _description, _scopes, _expires })
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_scopes) is { } scopes && ParseScopes(scopes) is null)
                result.AddError("--scopes must have imap, pop3 and managesieve with commas between, or be all or none");
            if (result.GetValue(_expires) is { } expires && ParseTime(expires, DateTimeOffset.UnixEpoch) is null)
                result.AddError("--expires must be a time from now such as 90d, a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or never");
        });
    }

    public bool IsAnyGiven(CommandResult result) =>
        result.GetResult(_description) is not null || result.GetResult(_scopes) is not null || result.GetResult(_expires) is not null;

    /// <summary>What was given; null for what was not.</summary>
    public (string? Description, LoginScopes? Scopes, DateTimeOffset? ExpiresAt) Read(CommandRun run) => (
        run.Get(_description),
        run.Get(_scopes) is { } scopes ? ParseScopes(scopes) : null,
        run.Get(_expires) is { } expires ? ParseTime(expires, TimeProvider.System.GetUtcNow()) : null);

    /// <summary>For a new credential.</summary>
    public CredentialSettings Settings(CommandRun run)
    {
        var (description, scopes, expires) = Read(run);
        return new CredentialSettings(description ?? "", scopes ?? LoginScopes.All, expires == DateTimeOffset.MaxValue ? null : expires);
    }

    public static string Shown(LoginScopes scopes) => scopes == LoginScopes.None
        ? "none"
        : string.Join(',', Names.Where(known => scopes.HasFlag(known.Scope)).Select(static known => known.Name));

    private static LoginScopes? ParseScopes(string text)
    {
        if (text is "all" or "none")
            return text == "all" ? LoginScopes.All : LoginScopes.None;
        var scopes = LoginScopes.None;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var known = Array.Find(Names, name => name.Name == part);
            if (known.Name is null)
                return null;
            scopes |= known.Scope;
        }

        return scopes;
    }

    private static DateTimeOffset? ParseTime(string text, DateTimeOffset now)
    {
        if (text == "never")
            return DateTimeOffset.MaxValue;
        if (Duration.TryParse(text, out var left))
            return left < TimeSpan.FromDays(365_000) ? now + left : null;
        return DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;
    }
}
