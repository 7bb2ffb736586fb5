using System.Net;
using Sora.Contracts;

namespace Sora.Testing;

/// <summary>Logins from this machine.</summary>
public static class Logins
{
    public static LoginRequest Imap(string user) => new(user, LoginScopes.Imap, IPAddress.Loopback);

    public static LoginRequest Pop3(string user) => new(user, LoginScopes.Pop3, IPAddress.Loopback);

    public static LoginRequest ManageSieve(string user) => new(user, LoginScopes.ManageSieve, IPAddress.Loopback);
}
