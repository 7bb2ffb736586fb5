using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Sora.Admin;

/// <summary>An option that names a network or an address.</summary>
internal static class NetworkOption
{
    public static Option<string?> Create(string description) => new("--address") { Description = description, HelpName = "NETWORK" };

    /// <summary>Refuses what is neither.</summary>
    public static void Check(CommandResult result, Option<string?> option)
    {
        if (result.GetResult(option) is not null && result.GetValue(option) is { } text && !IPAddress.TryParse(text, out _) && !IPNetwork.TryParse(text, out _))
            result.AddError($"{option.Name} must be an address or a network such as 192.0.2.0/24 or 2001:db8::/64");
    }
}
