using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Sieve;
using Sora.Mailstore.Sieve;
using Sora.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sieve;

public sealed class ScriptLibraryTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private AccountId _account;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _account = (await _node.CreateAccountAsync()).Id;
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_script_is_compiled_once_and_anew_when_it_has_changed()
    {
        var library = Library();
        (await library.FindActiveAsync(_account, None)).Value.ShouldBe((null, null));
        await PutAsync("main", "keep;");
        await PutAsync("same", "keep;");
        await _node.Scripts.ActivateAsync(_account, Name("main"), None);
        var (name, first) = (await library.FindActiveAsync(_account, None)).Value;
        name.ShouldBe("main");
        first!.IsOk.ShouldBeTrue();
        (await library.FindActiveAsync(_account, None)).Value.Script.ShouldBeSameAs(first);
        (await library.FindPersonalAsync(_account, "same", None)).Value.ShouldBeSameAs(first);
        library.Count.ShouldBe(1);

        await PutAsync("main", "stop;");
        (await library.FindActiveAsync(_account, None)).Value.Script.ShouldNotBeSameAs(first);
        await _node.Scripts.ActivateAsync(_account, null, None);
        (await library.FindActiveAsync(_account, None)).Value.ShouldBe((null, null));
    }

    [Fact]
    public async Task What_is_not_there_or_does_not_compile()
    {
        var library = Library();
        (await library.FindPersonalAsync(_account, "none", None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await library.FindPersonalAsync(_account, "no\0name", None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        library.FindGlobal("none").Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        await PutAsync("bad", "nonsense;"); // as an earlier version of the server may have taken it
        var bad = (await library.FindPersonalAsync(_account, "bad", None)).Value;
        bad.IsOk.ShouldBeFalse();
        (await library.FindPersonalAsync(_account, "bad", None)).Value.ShouldBeSameAs(bad);
    }

    [Fact]
    public async Task Only_the_last_used_ones_are_kept()
    {
        var library = Library(maxScripts: 2);
        foreach (var i in Enumerable.Range(1, 3))
            await PutAsync($"s{i}", $"# {i}\r\nkeep;");
        var first = (await library.FindPersonalAsync(_account, "s1", None)).Value;
        await library.FindPersonalAsync(_account, "s2", None);
        (await library.FindPersonalAsync(_account, "s1", None)).Value.ShouldBeSameAs(first);
        await library.FindPersonalAsync(_account, "s3", None); // s2 goes
        library.Count.ShouldBe(2);
        (await library.FindPersonalAsync(_account, "s1", None)).Value.ShouldBeSameAs(first);
        Library(maxScripts: 0).Compile(new SieveGlobalScript("x", default, "keep;"u8.ToArray())).IsOk.ShouldBeTrue();
    }

    private ScriptLibrary Library(int maxScripts = 100) => new(
        _node.Scripts, new SieveFiles(new SieveOptions(), TimeProvider.System, NullLoggerFactory.Instance),
        SieveCompilerOptions.Default, SieveCompilerOptions.Default, maxScripts, 1_000_000);

    private async Task PutAsync(string name, string script) =>
        (await _node.Scripts.PutAsync(_account, Name(name), Encoding.UTF8.GetBytes(script), None)).IsOk.ShouldBeTrue();

    private static SieveScriptName Name(string name) => SieveScriptName.Parse(name).Value;
}
