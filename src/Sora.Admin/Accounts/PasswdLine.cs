namespace Sora.Admin.Accounts;

/// <summary>
/// A line of a passwd-file as Dovecot has it: <c>user:password:uid:gid:gecos:home:shell:extra_fields</c>, of which user and password are used. What an extra field forbids is not
/// silently allowed: such a line is refused.
/// </summary>
/// <param name="domain">The domain of users without one; null when all must have it.</param>
/// <param name="defaultScheme">The scheme of passwords that name none; null when all must.</param>
internal sealed class PasswdLine(string? domain, string? defaultScheme)
{
    private const int ExtraFields = 7;

    private static readonly string[] Restrictions = ["nologin", "deny", "allow_nets", "allow_real_nets"];

    public Entry Parse(string text)
    {
        var fields = text.Split(':');
        var address = fields[0].Trim();
        if (fields.Length < 2 || fields[1].Length == 0)
            return new Entry(address, "", "there is no password behind a colon");
        if (fields.Length > ExtraFields && fields[ExtraFields..] is var rest && Restriction(string.Join(':', rest)) is { } restriction)
            return new Entry(address, "", $"{restriction} is not taken over: create this account by hand");
        if (!address.Contains('@', StringComparison.Ordinal))
        {
            if (domain is null)
                return new Entry(address, "", "the user has no domain, and there is no --domain");
            address = $"{address}@{domain}";
        }

        var hash = fields[1];
        if (hash[0] is not ('{' or '$'))
        {
            if (defaultScheme is null)
                return new Entry(address, "", "the password names no scheme, and there is no --default-scheme");
            hash = $"{{{defaultScheme}}}{hash}";
        }

        return new Entry(address, hash, null);
    }

    private static string? Restriction(string extra)
    {
        foreach (var field in extra.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var name = field.Split('=')[0];
            if (Array.IndexOf(Restrictions, name) >= 0)
                return name;
        }

        return null;
    }

    /// <param name="Address">The account's primary address.</param>
    /// <param name="Hash">As it is to be stored.</param>
    /// <param name="WhyNot">Why there is none; null when there is.</param>
    internal readonly record struct Entry(string Address, string Hash, string? WhyNot);
}
