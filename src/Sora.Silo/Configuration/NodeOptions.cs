using Sora.Configuration;

namespace Sora.Silo.Configuration;

/// <summary>[node]: this process.</summary>
[Section("This node")]
public sealed class NodeOptions : IValidatableOptions
{
    [Option("Name of this node in logs and in a self-made certificate; the machine's name when not set", Example = "mail1.example.org")]
    public string? Name { get; set; }

    [Option("What this node does: gateway speaks with mail programs, mailstore hosts mailboxes for the gateways; one alone needs cluster.enabled")]
    public IReadOnlyList<string> Roles { get; set; } = [Gateway, Mailstore];

    [Option("Folder for everything that Sora keeps on this machine; a relative name starts from the folder Sora is started in")]
    public string Data { get; set; } = "data";

    [Option(
        "Address of an account to create once; its random password is shown when it is created and kept in first-account.json in the data folder. "
        + "Started without a configuration file, Sora creates sora@localhost", Example = "me@example.org")]
    public string? FirstAccount { get; set; }

    [Option("Collect garbage when the node falls quiet, so that a rush of logins does not hold memory while its clients wait in IDLE")]
    public bool TrimWhenIdle { get; set; } = true;

    private const string Gateway = "gateway";
    private const string Mailstore = "mailstore";

    /// <summary>It speaks with mail programs.</summary>
    public bool IsGateway => Roles.Contains(Gateway, StringComparer.Ordinal);

    /// <summary>It hosts mailboxes.</summary>
    public bool IsMailstore => Roles.Contains(Mailstore, StringComparer.Ordinal);

    /// <summary><see cref="Name"/>, or the machine's.</summary>
    public string EffectiveName => string.IsNullOrEmpty(Name) ? Environment.MachineName : Name;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Data.Length == 0)
            yield return "data must not be empty";
        if (Roles.Count == 0 || Roles.Any(static role => role is not (Gateway or Mailstore)) || Roles.Distinct(StringComparer.Ordinal).Count() != Roles.Count)
            yield return "roles must be gateway, mailstore or both";
        if (FirstAccount is { } address && (address.IndexOf('@', StringComparison.Ordinal) is <= 0 || address.EndsWith('@')))
            yield return "first_account must be an address such as me@example.org";
    }
}
