using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Sora.Mailstore.Accounts;

namespace Sora.Admin;

/// <summary>What an administrator does, as the audit log has it: the command and its options without secrets.</summary>
/// <param name="Actor">Who, by the name on the machine.</param>
/// <param name="Action">As in "accounts delete".</param>
/// <param name="Detail">As in "--email user@example.com".</param>
internal sealed record AdminAct(string Actor, string Action, string Detail)
{
    // What stands where an address should and is none may be a password that was typed in the wrong place
    private static readonly string[] Addresses = ["--email", "--address", "--user", "--identifier", "--recipient", "--sender", "--make-primary", "--credentials"];

    private IReadOnlyList<string> NotShown { get; init; } = [];

    private const int MaxDetail = 2000;
    private const string Hidden = "***";

    // Whatever may come to be an option: what is a secret says so in its name
    private static readonly string[] Secrets = ["password", "hash", "secret", "token", "key"];

    public static AdminAct Of(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is { Command: not RootCommand }; result = (CommandResult)result.Parent!)
            names.Insert(0, result.Command.Name);
        var hidden = new List<string>();
        var options = parsed.CommandResult.Children.OfType<OptionResult>().Where(static option => !option.Implicit && !option.Option.Recursive)
            .Select(option => Text(option, hidden));
        var detail = string.Join(' ', options);
        return new AdminAct(ActorOf(Environment.UserName, Environment.GetEnvironmentVariable("SUDO_USER")), string.Join(' ', names), detail.Length > MaxDetail ? detail[..MaxDetail] : detail)
        {
            NotShown = hidden,
        };
    }

    /// <summary>Why it failed, without what is not part of <see cref="Detail"/>.</summary>
    public string? Clean(string? reason)
    {
        foreach (var value in NotShown)
            reason = reason?.Replace(value, Hidden, StringComparison.OrdinalIgnoreCase);
        return reason;
    }

    /// <summary>The user who acts, and who that was before sudo.</summary>
    internal static string ActorOf(string user, string? sudo) => string.IsNullOrEmpty(sudo) || sudo == user ? user : $"{sudo} as {user}";

    private static string Text(OptionResult option, List<string> hidden)
    {
        if (option.Tokens.Count == 0)
            return option.Option.Name;
        var isSecret = option.Option.Arity.MaximumNumberOfValues > 0 && Array.Exists(Secrets, word => option.Option.Name.Contains(word, StringComparison.OrdinalIgnoreCase));
        var isAddress = Array.IndexOf(Addresses, option.Option.Name) >= 0 || option.Option.HelpName?.StartsWith("ADDRESS", StringComparison.Ordinal) == true;
        return $"{option.Option.Name} {string.Join(' ', option.Tokens.Select(token => Shown(token.Value, isSecret, isAddress, hidden)))}";
    }

    private static string Shown(string value, bool isSecret, bool isAddress, List<string> hidden)
    {
        if (!isSecret && (!isAddress || value.Split(',', StringSplitOptions.TrimEntries).All(IsAddress)))
            return Quoted(value);
        hidden.AddRange(value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Prepend(value));
        return Hidden;
    }

    // Besides addresses: all of a domain, nobody's, everybody of an access control list, and networks
    private static bool IsAddress(string value) =>
        value is "<>" or "anyone" || IPAddress.TryParse(value, out _) || IPNetwork.TryParse(value, out _)
        || AccountAdministration.IsAddress(value.StartsWith('@') ? "any" + value : value);

    private static string Quoted(string value) =>
        value.Length > 0 && !value.AsSpan().ContainsAny(" \"\t\r\n") ? value : $"\"{value.ReplaceLineEndings(" ").Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
