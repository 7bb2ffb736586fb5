using System.Text;

namespace Sora.Silo.Metrics;

/// <summary>Names as Prometheus wants them.</summary>
internal static class PrometheusName
{
    /// <summary>
    /// Sora's own names are made for Prometheus and stay. Others (db.client.connection.count, dotnet.process.cpu.time) get underscores, their
    /// unit, and _total for counters.
    /// </summary>
    public static string Metric(string name, string? unit, string type)
    {
        var text = Clean(name, allowColon: true);
        if (name.StartsWith("sora_", StringComparison.Ordinal))
            return text;
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            "1" when type == "gauge" => "_ratio",
            _ => "",
        };
        if (!text.EndsWith(suffix, StringComparison.Ordinal))
            text += suffix;
        return type == "counter" && !text.EndsWith("_total", StringComparison.Ordinal) ? text + "_total" : text;
    }

    /// <summary>[a-zA-Z_][a-zA-Z0-9_]*</summary>
    public static string Label(string name) => Clean(name, allowColon: false);

    private static string Clean(string name, bool allowColon)
    {
        var text = new StringBuilder(name.Length + 1);
        foreach (var c in name)
        {
            if (text.Length == 0 && char.IsAsciiDigit(c))
                text.Append('_');
            text.Append(char.IsAsciiLetterOrDigit(c) || (c == ':' && allowColon) ? c : '_');
        }

        return text.Length == 0 ? "_" : text.ToString();
    }
}
