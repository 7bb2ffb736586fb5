using System.Text.Json;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Mailstore;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>The server dies while it encrypts bodies anew; the next one goes on, and every message is readable with the new key alone.</summary>
public sealed class RotationCrashTests : IAsyncLifetime, IDisposable
{
    private const string Password = "secret";
    private const string Address = "ada@example.com";
    private const int Dies = 128 + 9;
    private static readonly Dictionary<string, string> NoVariables = [];

    private readonly TempFolder _folder = new();
    private readonly List<byte[]> _messages = [];
    private SoraProcess _sora = null!;

    public async Task InitializeAsync()
    {
        var keys = "[storage]\ncompression = \"brotli\"\ncache_size = \"0\"\nupload_interval = \"100ms\"\n[storage.encryption]\nrotation_interval = \"1s\"\n" + Key("k1", 1) + Key("k2", 2);
        await File.WriteAllTextAsync(_folder.File("keys.toml"), keys);
        _sora = await SoraProcess.StartWithAsync(_folder.File("keys.toml"), Active("k1"));
        await _sora.CreateAccountsAsync(Password, Address);
    }

    public async Task DisposeAsync() => await _sora.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_a_crash_anywhere_the_rotation_goes_on_and_nothing_is_lost()
    {
        var target = "k1";
        foreach (var point in new[] { CrashPoints.RotateRead, CrashPoints.RotatePut })
        {
            await DeliverAsync();
            var old = target;
            target = old == "k1" ? "k2" : "k1";
            await Eventually.WaitAsync(async () => await BodiesAsync(old) == _messages.Count);
            await _sora.AdminAsync("keys", "rotate", "--config", _folder.File("keys.toml"), "--set", Active(target));
            await _sora.KillAsync();
            await _sora.StartAgainAsync([Active(target)], new Dictionary<string, string> { [CrashPoints.Variable] = $"{point}:3" }, mayEnd: true);
            (await _sora.WaitForExitAsync()).ShouldBe(Dies, $"{point}\n{_sora.Output}");
            await _sora.StartAgainAsync([Active(target)], NoVariables, mayEnd: false);
            await Eventually.WaitAsync(async () => !(await StatusAsync()).GetProperty("rotating").GetBoolean());
            (await StatusAsync()).GetProperty("keys").GetArrayLength().ShouldBe(1, point);
            (await BodiesAsync(target)).ShouldBe(_messages.Count, point);
            using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, Address, Password);
            for (var i = 0; i < _messages.Count; i++)
                (await imap.FetchAsync((uint)(i + 1), "BODY.PEEK[]")).ShouldBe(_messages[i], point);
        }
    }

    private async Task DeliverAsync()
    {
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, Address, Password);
        for (var i = 0; i < 6; i++)
        {
            _messages.Add(TestMail.Make(_messages.Count + 1));
            await imap.AppendAsync("INBOX", _messages[^1]);
        }
    }

    private async Task<long> BodiesAsync(string key) =>
        (await StatusAsync()).GetProperty("keys").EnumerateArray().Where(use => use.GetProperty("key").GetString() == key).Sum(static use => use.GetProperty("bodies").GetInt64());

    private async Task<JsonElement> StatusAsync() =>
        JsonDocument.Parse((await _sora.AdminAsync("keys", "status", "--json", "--config", _folder.File("keys.toml"))).Output).RootElement;

    private static string Active(string key) => $"storage.encryption.active_key={key}";

    private static string Key(string id, byte fill)
    {
        var secret = new byte[32];
        Array.Fill(secret, fill);
        return $"[[storage.encryption.keys]]\nid = \"{id}\"\nsecret = \"{Convert.ToBase64String(secret)}\"\n";
    }
}
