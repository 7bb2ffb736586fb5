using System.Globalization;
using System.Text;
using Npgsql;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Mailstore.Storage;

/// <summary>Makes the connection strings of one database out of its options.</summary>
internal static class DatabaseConnection
{
    /// <summary>A pool over <paramref name="hosts"/>.</summary>
    public static NpgsqlConnectionStringBuilder Pool(
        DatabaseOptions options, PostgresAddress? embedded, IReadOnlyList<string> hosts, DatabasePoolOptions pool)
    {
        var builder = Base(options, embedded, hosts);
        builder.MaxPoolSize = pool.MaxConnections;
        builder.MinPoolSize = Math.Min(pool.MinConnections, pool.MaxConnections);
        builder.ConnectionLifetime = Seconds(pool.ConnectionLifetime);
        builder.ConnectionIdleLifetime = Seconds(pool.IdleTimeout);
        builder.ConnectionPruningInterval = Math.Min(10, builder.ConnectionIdleLifetime);
        builder.CommandTimeout = Seconds(pool.CommandTimeout);
        builder.MaxAutoPrepare = options.PreparedStatements;

        // Every statement of Sora is a constant text: what came twice will come often
        builder.AutoPrepareMinUsages = 2;

        // Saves a batch of reset statements per use; in return nothing may change a pooled connection's session (Database.OpenDedicated…)
        builder.NoResetOnClose = true;
        builder.Options = Timeouts(options);
        return builder;
    }

    /// <summary>A connection outside any pool, without time limits, which may hold session locks or LISTEN.</summary>
    public static NpgsqlConnectionStringBuilder Dedicated(DatabaseOptions options, PostgresAddress? embedded)
    {
        var builder = Base(options, embedded, options.Hosts);
        builder.Pooling = false;
        builder.CommandTimeout = 0;

        // A listener says nothing for hours: without this, a connection that a firewall forgot would never be noticed
        builder.KeepAlive = 30;
        builder.Options = "-c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0";
        return builder;
    }

    private static NpgsqlConnectionStringBuilder Base(DatabaseOptions options, PostgresAddress? embedded, IReadOnlyList<string> hosts)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            ApplicationName = options.ApplicationName,
            Timeout = Seconds(options.ConnectTimeout),
            Enlist = false,

            // Otherwise environment variables and a file in the home folder would have a say
            SslMode = SslMode.Disable,
            Passfile = "/dev/null",
        };
        if (embedded is not null)
        {
            builder.Host = embedded.SocketFolder;
            builder.Port = embedded.Port;
            builder.Username = embedded.User;
            builder.Database = embedded.Database;
            return builder;
        }

        builder.Username = options.User;
        builder.Database = options.Name;
        builder.Password = options.Password;
        builder.SslMode = options.Tls switch
        {
            DatabaseTls.Disable => SslMode.Disable,
            DatabaseTls.Prefer => SslMode.Prefer,
            DatabaseTls.Require => SslMode.Require,
            DatabaseTls.VerifyCa => SslMode.VerifyCA,
            _ => SslMode.VerifyFull,
        };
        if (options.Tls != DatabaseTls.Disable)
        {
            builder.RootCertificate = Existing("root_certificate", options.RootCertificate);
            builder.SslCertificate = Existing("client_certificate", options.ClientCertificate);
            builder.SslKey = Existing("client_key", options.ClientKey);
        }

        var parsed = hosts.Select(text => DatabaseHost.TryParse(text, options.Port, out var host)
            ? host
            : throw new DatabaseException($"database.hosts has '{text}', which is no name, name:port or absolute folder")).ToArray();
        if (parsed.Length == 0)
            throw new DatabaseException("database.hosts is empty and database.embedded is false");

        // A Unix socket refuses these settings
        if (Array.TrueForAll(parsed, host => host.Host[0] != '/'))
        {
            builder.TcpKeepAlive = true;
            builder.TcpKeepAliveTime = 30;
            builder.TcpKeepAliveInterval = 10;
        }

        if (parsed is [var only])
        {
            builder.Host = only.Host;
            builder.Port = only.Port;
        }
        else
        {
            builder.Host = string.Join(',', parsed);
        }

        return builder;
    }

    // Npgsql would say it only when the first connection is made, in words that name no option
    private static string? Existing(string key, string? file) =>
        file is null || File.Exists(file) ? file : throw new DatabaseException($"database.{key} names {file}, which is not there");

    private static string Timeouts(DatabaseOptions options)
    {
        var text = new StringBuilder();
        if (options.StatementTimeout > TimeSpan.Zero)
            text.Append(CultureInfo.InvariantCulture, $"-c statement_timeout={(long)options.StatementTimeout.TotalMilliseconds} ");
        if (options.LockTimeout > TimeSpan.Zero)
            text.Append(CultureInfo.InvariantCulture, $"-c lock_timeout={(long)options.LockTimeout.TotalMilliseconds}");
        return text.ToString().TrimEnd();
    }

    private static int Seconds(TimeSpan time) => (int)Math.Min(Math.Ceiling(time.TotalSeconds), int.MaxValue);
}
