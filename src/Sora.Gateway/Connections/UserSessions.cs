using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>How many sessions one user has on one node, in all and from each address.</summary>
internal sealed class UserSessions
{
    // More addresses of one user are not told: the user has too many sessions then anyway
    private const int MostTold = 50;

    private readonly Dictionary<IPAddress, int> _networks = new(1);

    public int Total { get; private set; }

    public int From(IPAddress network) => _networks.GetValueOrDefault(network);

    public void Add(IPAddress network)
    {
        Total++;
        CollectionsMarshal.GetValueRefOrAddDefault(_networks, network, out _)++;
    }

    public void Remove(IPAddress network)
    {
        Total--;
        if (--CollectionsMarshal.GetValueRefOrNullRef(_networks, network) == 0)
            _networks.Remove(network);
    }

    /// <summary>As nodes tell each other: the number, and <c>/address=number</c> for each address.</summary>
    public string Tell()
    {
        var text = new StringBuilder().Append(Total);
        foreach (var (network, count) in _networks.Take(MostTold))
            text.Append('/').Append(network).Append('=').Append(count);
        return text.ToString();
    }

    /// <summary>What another node has told; null when it cannot be read.</summary>
    public static UserSessions? Parse(string text)
    {
        var told = new UserSessions();
        var parts = text.Split('/');
        if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var total))
            return null;
        foreach (var part in parts.AsSpan(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !IPAddress.TryParse(part.AsSpan(0, equals), out var network)
                || !int.TryParse(part.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                return null;
            told._networks[network] = count;
        }

        told.Total = total;
        return told;
    }
}
