namespace Sora.Mailstore.Accounts.Logins;

/// <summary>The names of what is counted, in lists and logs.</summary>
internal static class LoginBlockText
{
    public static string Kind(LoginKind kind) => kind switch
    {
        LoginKind.Address => "address",
        LoginKind.User => "user",
        _ => "pair",
    };
}
