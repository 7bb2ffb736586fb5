using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Sasl;

/// <summary>
/// Accounts that may act for any other one, after they have proven who they are: by an authorization identity (RFC 4422 section 2), or by a name in which both stand, as in
/// <c>user*master</c> or <c>user@domain@master</c>.
/// </summary>
internal sealed class MasterUsers(IAccounts accounts, SaslOptions options, ILogger logger)
{
    private readonly HashSet<string> _masters = new(options.MasterUsers, StringComparer.OrdinalIgnoreCase);
    private readonly IPNetwork[] _networks = [.. options.MasterNetworks.Select(static text => IPNetwork.Parse(text))];

    /// <summary>Who proves an identity, and for whom it wants to act, which is empty for itself. Without masters no character of a name is special.</summary>
    public (string Login, string ActFor) Split(string name)
    {
        if (_masters.Count == 0 || options.MasterSeparator.Length == 0)
            return (name, "");
        var at = name.LastIndexOf('*');
        if (options.MasterSeparator == "@")
        {
            var first = name.IndexOf('@', StringComparison.Ordinal);
            at = first < 0 ? -1 : name.IndexOf('@', first + 1);
        }

        return at > 0 && at + 1 < name.Length ? (Whole(name[(at + 1)..]), name[..at]) : (name, "");
    }

    /// <summary>Who the client is from now on. AUTHORIZATIONFAILED when it may not act for others, and, to a master, when there is no such account.</summary>
    public async ValueTask<MailResult<AccountIdentity>> ActAsync(
        AccountIdentity proven, string login, string actFor, ClientConnection client, CancellationToken cancellationToken)
    {
        if (PlainMessage.IsSame(actFor, login))
            return proven;
        if (!_masters.Contains(proven.PrimaryAddress) || !Array.Exists(_networks, network => network.Contains(client.Remote.Address)))
            return PasswordLogin.NotForOthers;
        if (await accounts.FindAsync(actFor, cancellationToken).ConfigureAwait(false) is not { } other)
            return PasswordLogin.NotForOthers;
        Log.ActsFor(logger, proven.Account, other.Account, client.Remote.Address);
        return other with { Ticket = proven.Ticket };
    }

    // A master may be named without its domain when that leaves no doubt
    private string Whole(string master)
    {
        if (master.Contains('@', StringComparison.Ordinal))
            return master;
        var found = _masters.Where(known => known.StartsWith(master + "@", StringComparison.OrdinalIgnoreCase)).Take(2).ToArray();
        return found.Length == 1 ? found[0] : master;
    }
}
