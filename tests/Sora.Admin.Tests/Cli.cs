using System.Text.Json;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Admin.Tests;

/// <summary>Runs the program in this process and keeps what it wrote.</summary>
internal static class Cli
{
    public static async Task<Ran> RunAsync(string[] arguments, string input = "", CancellationToken cancellationToken = default)
    {
        using var reader = new StringReader(input);
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await AdminProgram.RunAsync(arguments, new Terminal(reader, output, error, Width: null), cancellationToken);
        return new Ran(code, output.ToString(), error.ToString());
    }

    /// <summary>Options that lead to a database of the tests' PostgreSQL, as a server of one's own would be named.</summary>
    public static string[] On(PostgresAddress address) =>
    [
        "--set", "database.embedded=false", "--set", $"database.hosts={address.SocketFolder}", "--set", $"database.port={address.Port}",
        "--set", $"database.user={address.User}", "--set", $"database.name={address.Database}", "--set", "passwords.bcrypt_cost=4",
    ];
}

internal sealed record Ran(int Code, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public Ran ShouldSucceed()
    {
        Error.ShouldBe("");
        Code.ShouldBe(ExitCode.Ok);
        return this;
    }

    /// <summary>Ended with this code and one line that has the text, and no stack trace.</summary>
    public void ShouldFail(int code, string text)
    {
        Code.ShouldBe(code, Error);
        Error.ShouldContain(text);
        Error.ShouldStartWith("sora-admin: ");
        Error.ShouldNotContain("   at ");
        if (code == ExitCode.Failed)
            Error.TrimEnd('\n').ShouldNotContain('\n');
    }
}
