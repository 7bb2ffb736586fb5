using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sora.Admin;

/// <summary>What an administrator does, as the audit log has it: the command and its options without secrets.</summary>
/// <param name="Actor">Who, by the name on the machine.</param>
/// <param name="Action">As in "accounts delete".</param>
/// <param name="Detail">As in "--email user@example.com".</param>
internal sealed record AdminAct(string Actor, string Action, string Detail)
{
    private const int MaxDetail = 2000;
    private const string Hidden = "***";

    // Whatever may come to be an option: what is a secret says so in its name
    private static readonly string[] Secrets = ["password", "hash", "secret", "token", "key"];

    public static AdminAct Of(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is { Command: not RootCommand }; result = (CommandResult)result.Parent!)
            names.Insert(0, result.Command.Name);
        var options = parsed.CommandResult.Children.OfType<OptionResult>().Where(static option => !option.Implicit && !option.Option.Recursive).Select(Text);
        var detail = string.Join(' ', options);
        return new AdminAct(ActorOf(Environment.UserName, Environment.GetEnvironmentVariable("SUDO_USER")), string.Join(' ', names), detail.Length > MaxDetail ? detail[..MaxDetail] : detail);
    }

    /// <summary>The user who acts, and who that was before sudo.</summary>
    internal static string ActorOf(string user, string? sudo) => string.IsNullOrEmpty(sudo) || sudo == user ? user : $"{sudo} as {user}";

    private static string Text(OptionResult option)
    {
        if (option.Tokens.Count == 0)
            return option.Option.Name;
        var isSecret = option.Option.Arity.MaximumNumberOfValues > 0 && Array.Exists(Secrets, word => option.Option.Name.Contains(word, StringComparison.OrdinalIgnoreCase));
        return $"{option.Option.Name} {(isSecret ? Hidden : string.Join(' ', option.Tokens.Select(static token => Quoted(token.Value))))}";
    }

    private static string Quoted(string value) =>
        value.Length > 0 && !value.AsSpan().ContainsAny(" \"\t\r\n") ? value : $"\"{value.ReplaceLineEndings(" ").Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
