using System.Text.RegularExpressions;

namespace Sora.Configuration.Tests;

public sealed partial class WritingTests : IDisposable
{
    private readonly Loading _loading = new();

    public void Dispose() => _loading.Dispose();

    [Fact]
    public void TheDumpLoadsToTheSameValues()
    {
        var options = new SampleOptions
        {
            NodeName = "a \"b\" \\ \n\t\r\u0001\u007F é😀",
            Listener = [new() { Port = 1, Filter = [new() { Client = "x", Token = "t" }, new()] }, new() { Tls = TlsMode.None }],
            Relay = new RelayOptions { Host = "r" },
            Database = new DatabaseOptions { Password = "p", ApiKeys = ["1", "2"], Write = new EndpointOptions { Host = "w" } },
        };
        options.Imap.MaxLine = new ByteSize(1025);
        options.Imap.IdleTimeout = new TimeSpan(0, 1, 2, 3, 4, 500);
        options.Imap.MemoryShare = 1.0 / 3;
        options.Imap.MaxMessages = long.MinValue;
        options.Imap.DisabledCaps = ["a,b", "[", ""];
        options.Imap.TrustedNetworks = [];
        options.Imap.Staging = StagingMode.ObjectStore;

        var dump = ConfigurationDump.Write(options, showSecrets: true);
        ConfigurationDump.Write(_loading.Load(dump).Value, showSecrets: true).ShouldBe(dump);
        dump.ShouldNotContain(ConfigurationDump.Mask);
    }

    [Fact]
    public void AnEmptyListOfSectionsIsDumpedToo()
    {
        var dump = ConfigurationDump.Write(new SampleOptions { Listener = [] });
        _loading.Load(dump).Value.Listener.ShouldBeEmpty();
    }

    [Fact]
    public void TheDumpTellsWhereValuesCameFrom()
    {
        var result = _loading.Load("[imap]\nmax_sessions = 7", ["SORA__IMAP__ENABLED=false"], "node_name=x");
        var dump = ConfigurationDump.WriteWithOrigins(result);
        dump.ShouldContain("node_name = \"x\"  # --set node_name\n");
        dump.ShouldContain($"max_sessions = 7  # {_loading.FilePath}:2\n");
        dump.ShouldContain("enabled = false  # SORA__IMAP__ENABLED\n");
        dump.ShouldContain("max_line = \"64KiB\"  # default\n");
        _loading.Load(dump).Value.Imap.MaxSessions.ShouldBe(7);
    }

    [Fact]
    public void TheExampleLoadsToTheDefaults()
    {
        var example = ConfigurationExample.Write<SampleOptions>("Sora.");
        var result = _loading.Load(example);
        ConfigurationDump.Write(result.Value).ShouldBe(ConfigurationDump.Write(new SampleOptions()));
        result.OriginOf("imap.max_line").Layer.ShouldBe(OptionLayer.File);
    }

    [Fact]
    public void EveryLineOfTheExampleThatIsSwitchedOffIsGoodWhenSwitchedOn()
    {
        var example = SwitchedOffSecretFile().Replace(ConfigurationExample.Write<SampleOptions>(), "");
        var options = _loading.Load(SwitchedOff().Replace(example, "")).Value;
        options.Imap.TrustedNetworks.ShouldBe(["10.0.0.0/8", "::1"]);
        options.Imap.PerUser.ShouldBe(15);
        options.Listener[0].Filter.ShouldHaveSingleItem();
        options.Relay!.Host.ShouldBe("relay.example");
    }

    [Fact]
    public void TheExampleShowsEveryKeyWithMeaningRangeAndReference()
    {
        var example = ConfigurationExample.Write<SampleOptions>("Sora.");
        example.ShouldStartWith("# Sora.\n\n# Name of this node.\nnode_name = \"sora\"\n");
        example.ShouldContain("\n# The IMAP server.\n[imap]\n\n# Longest command line (1KiB to 1MiB; RFC 9051 4).\nmax_line = \"64KiB\"\n");
        example.ShouldContain("\n# Where a message is durable before 250 (one of database, disk, object_store).\nstaging = \"disk\"\n");
        example.ShouldContain("\n# Password (not set by default; password_file reads it from a file).\n#password = \"\"\n#password_file = \"/run/secrets/database_password\"\n");
        example.ShouldContain("\n[[listener]]\nport = 993\ntls = \"implicit\"\n");
        example.ShouldContain("\n# The smart host.\n#[relay]\n");
        ConfigurationExample.Write<SampleOptions>("Sora.").ShouldBe(example);
    }

    [Fact]
    public void LongProseAndListsAreWrapped()
    {
        var example = ConfigurationExample.Write<LongOptions>(string.Join(' ', Enumerable.Repeat("word", 60)) + "\n\nNext.");
        example.Split('\n').ShouldAllBe(l => l.Length <= 120);
        example.ShouldContain("\n#\n# Next.\n");
        example.ShouldContain("items = [\n  \"item-number-0\",\n");
        _loading.Load<LongOptions>(example).Value.Items.Length.ShouldBe(20);
    }

    [GeneratedRegex("^#(?=[a-z\\[])", RegexOptions.Multiline)]
    private static partial Regex SwitchedOff();

    [GeneratedRegex("^#[a-z_]+_file = .*\n", RegexOptions.Multiline)]
    private static partial Regex SwitchedOffSecretFile();

    private sealed class LongOptions
    {
        [Option("Text that goes on and on, so that it does not fit into one line of a file that a person reads in a terminal, and needs a second one.")]
        public string[] Items { get; set; } = [.. Enumerable.Range(0, 20).Select(i => $"item-number-{i}")];
    }
}
