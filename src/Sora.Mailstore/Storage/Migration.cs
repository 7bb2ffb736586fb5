using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Storage;

/// <summary>One numbered step of the schema.</summary>
/// <param name="Version">1 or more; every step has a larger one than the step before.</param>
/// <param name="Name">What it does, as in the file's name.</param>
/// <param name="Sql">Statements that run in one transaction.</param>
public sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>SHA-256 of the statements in hexadecimal; line ends do not count.</summary>
    public string Checksum { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    /// <summary>
    /// The newest step that a program must know to go on with the schema after this one: the first line of the statements may say "-- works with NNNN". Null when older programs cannot go on.
    /// While a cluster is upgraded, its nodes that still are of the build before do.
    /// </summary>
    public int? WorksWith { get; } =
        Sql.StartsWith(WorksWithMark, StringComparison.Ordinal) ? int.Parse(Sql.AsSpan(WorksWithMark.Length, 4), NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private const string WorksWithMark = "-- works with ";

    /// <summary>The steps in this program: the resources <c>Storage/Migrations/NNNN_name.sql</c>, in order.</summary>
    public static IReadOnlyList<Migration> Embedded { get; } = ReadEmbedded(typeof(Migration).Assembly);

    private static Migration[] ReadEmbedded(Assembly assembly)
    {
        const string folder = ".Storage.Migrations.";
        var migrations = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            var start = resource.IndexOf(folder, StringComparison.Ordinal);
            if (start < 0 || !resource.EndsWith(".sql", StringComparison.Ordinal))
                continue;
            var file = resource[(start + folder.Length)..^".sql".Length];
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            migrations.Add(new Migration(int.Parse(file.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), file[5..], reader.ReadToEnd()));
        }

        return [.. migrations.OrderBy(migration => migration.Version)];
    }
}

/// <summary>A step of the schema and when it was applied.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="AppliedAt">When it was applied; null while it is pending.</param>
public sealed record MigrationStatus(int Version, string Name, DateTimeOffset? AppliedAt);
