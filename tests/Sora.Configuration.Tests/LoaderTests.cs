namespace Sora.Configuration.Tests;

public sealed class LoaderTests : IDisposable
{
    private readonly Loading _loading = new();

    public void Dispose() => _loading.Dispose();

    [Fact]
    public void WithoutLayersTheDefaultsHold()
    {
        var result = _loading.Load();
        ConfigurationDump.Write(result.Value).ShouldBe(ConfigurationDump.Write(new SampleOptions()));
        result.OriginOf("imap.max_line").ShouldBe(OptionOrigin.Default);
    }

    [Fact]
    public void AFileSetsEveryType()
    {
        var options = _loading.Load(
            """
            node_name = "n1"
            [imap]
            max_line = 2048
            idle_timeout = "1h30m"
            max_sessions = 0x10
            max_messages = 9_000_000_000
            memory_share = 1
            enabled = false
            disabled_caps = ["IDLE", "MOVE"]
            trusted_networks = []
            backoff = ["1s", "1m"]
            per_user = 7
            staging = "object-store"
            [database.write]
            host = "db"
            [[listener]]
            port = 24
            tls = "STARTTLS"
            [[listener.filter]]
            client = "a"
            [[listener.filter]]
            client = "b"
            [relay]
            host = "r"
            """).Value;

        options.NodeName.ShouldBe("n1");
        options.Imap.MaxLine.ShouldBe(ByteSize.KiB(2));
        options.Imap.IdleTimeout.ShouldBe(TimeSpan.FromMinutes(90));
        options.Imap.MaxSessions.ShouldBe(16);
        options.Imap.MaxMessages.ShouldBe(9_000_000_000);
        options.Imap.MemoryShare.ShouldBe(1.0);
        options.Imap.Enabled.ShouldBeFalse();
        options.Imap.DisabledCaps.ShouldBe(["IDLE", "MOVE"]);
        options.Imap.TrustedNetworks.ShouldBe([]);
        options.Imap.Backoff.ShouldBe([TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)]);
        options.Imap.PerUser.ShouldBe(7);
        options.Imap.Staging.ShouldBe(StagingMode.ObjectStore);
        options.Database.Write.ShouldSatisfyAllConditions(w => w.Host.ShouldBe("db"), w => w.Port.ShouldBe(5432));
        var listener = options.Listener.ShouldHaveSingleItem();
        listener.Tls.ShouldBe(TlsMode.StartTls);
        listener.Filter.Select(f => f.Client).ShouldBe(["a", "b"]);
        options.Relay!.Host.ShouldBe("r");
    }

    [Theory]
    [InlineData("SORA__NODE_NAME= n 1", "node_name = \" n 1\"")]
    [InlineData("sora__imap__max_line=2k", "max_line = \"2KiB\"")]
    [InlineData("SORA__IMAP__IDLE_TIMEOUT=0", "idle_timeout = \"0\"")]
    [InlineData("SORA__IMAP__MAX_SESSIONS= 5", "max_sessions = 5")]
    [InlineData("SORA__IMAP__MEMORY_SHARE=1e-1", "memory_share = 0.1")]
    [InlineData("SORA__IMAP__ENABLED=False", "enabled = false")]
    [InlineData("SORA__IMAP__ENABLED=0", "enabled = false")]
    [InlineData("SORA__IMAP__DISABLED_CAPS=IDLE, MOVE,", "disabled_caps = [\"IDLE\", \"MOVE\"]")]
    [InlineData("SORA__IMAP__DISABLED_CAPS=['a,b', \"c\"]", "disabled_caps = [\"a,b\", \"c\"]")]
    [InlineData("SORA__IMAP__BACKOFF=", "backoff = []")]
    [InlineData("SORA__IMAP__BACKOFF__1=9s", "backoff = [\"250ms\", \"9s\"]")]
    [InlineData("SORA__IMAP__BACKOFF__2=9s", "backoff = [\"250ms\", \"1m30s\", \"9s\"]")]
    [InlineData("SORA__IMAP__PER_USER=3", "per_user = 3")]
    [InlineData("SORA__IMAP__STAGING=DATABASE", "staging = \"database\"")]
    [InlineData("SORA__DATABASE__WRITE__PORT=1", "port = 1")]
    [InlineData("SORA__DATABASE__WRITE={ host = 'h', port = 2 }", "host = \"h\"\nport = 2")]
    [InlineData("SORA__LISTENER=[{ port = 1 }]", "[[listener]]\nport = 1\ntls = \"start_tls\"\nfilter = []\n\n# [relay]")]
    [InlineData("SORA__LISTENER__1__PORT=1", "port = 1\ntls = \"implicit\"")]
    [InlineData("SORA__LISTENER__2={port = 1, tls = 'none'}", "port = 1\ntls = \"none\"")]
    [InlineData("SORA__LISTENER__0__FILTER__0__CLIENT=c", "[[listener.filter]]\nclient = \"c\"")]
    [InlineData("SORA__RELAY__HOST=r", "[relay]\nhost = \"r\"")]
    public void AnEnvironmentVariableSetsEveryType(string variable, string expected) =>
        ConfigurationDump.Write(_loading.Load(environment: [variable]).Value).ShouldContain(expected);

    [Fact]
    public void IndexesAreInTheOrderOfNumbers()
    {
        var variables = Enumerable.Range(2, 10).Select(i => $"SORA__LISTENER__{i}__PORT={i + 1}").Reverse().ToArray();
        _loading.Load(environment: variables).Value.Listener.Skip(2).Select(l => l.Port).ShouldBe(Enumerable.Range(3, 10));
    }

    [Theory]
    [InlineData("imap.max_line=2kb", "max_line = \"2KiB\"")]
    [InlineData("node_name=a=b", "node_name = \"a=b\"")]
    [InlineData("database.write.host=", "host = \"\"")]
    [InlineData("listener.0.port=24", "port = 24")]
    [InlineData("listener.2.filter.0.client=x", "[[listener.filter]]\nclient = \"x\"")]
    [InlineData("imap.trusted_networks=::1", "trusted_networks = [\"::1\"]")]
    public void ASettingOfTheCommandLineIsOfTheOptionsType(string setting, string expected) =>
        ConfigurationDump.Write(_loading.Load(settings: setting).Value).ShouldContain(expected);

    [Fact]
    public void ALaterLayerWins()
    {
        const string File = "[imap]\nmax_sessions = 1\nmax_messages = 1\nper_user = 1\n[[listener]]\nport = 1";
        string[] environment = ["SORA__IMAP__MAX_MESSAGES=2", "SORA__IMAP__PER_USER=2", "SORA__LISTENER__0__TLS=none", "OTHER=x", "SORA_HOME=y"];
        var result = _loading.Load(File, environment, "imap.per_user=4", "imap.per_user=3");

        var options = result.Value;
        (options.Imap.MaxSessions, options.Imap.MaxMessages, options.Imap.PerUser).ShouldBe((1, 2, 3));
        options.Listener.ShouldHaveSingleItem().Tls.ShouldBe(TlsMode.None);
        result.OriginOf("imap.max_line").ShouldBe(OptionOrigin.Default);
        result.OriginOf("imap.max_sessions").ShouldBe(new OptionOrigin(OptionLayer.File, $"{_loading.FilePath}:2"));
        result.OriginOf("imap.max_messages").ShouldBe(new OptionOrigin(OptionLayer.Environment, "SORA__IMAP__MAX_MESSAGES"));
        result.OriginOf("imap.per_user").ShouldBe(new OptionOrigin(OptionLayer.CommandLine, "--set imap.per_user"));
        result.OriginOf("listener[0].port").Source.ShouldEndWith(":6");
    }

    [Fact]
    public void AnEmptyVariableUnsets()
    {
        var options = _loading.Load("[imap]\nper_user = 1\n[database]\npassword = 'x'", ["SORA__IMAP__PER_USER=", "SORA__DATABASE__PASSWORD="]).Value;
        options.Imap.PerUser.ShouldBeNull();
        options.Database.Password.ShouldBeNull();
    }

    [Theory]

    // unknown names
    [InlineData("[imap]\n\nmax_lin = 1", "config.toml:3: imap.max_lin: unknown key; did you mean 'max_line'?")]
    [InlineData("[imap]\nidletimeout = 1", "config.toml:2: imap.idletimeout: unknown key; did you mean 'idle_timeout'?")]
    [InlineData("[imap]\nzzz = 1", "config.toml:2: imap.zzz: unknown key")]
    [InlineData("[imaps]", "config.toml:1: imaps: unknown key; did you mean 'imap'?")]
    [InlineData("[database.wirte]", "config.toml:1: database.wirte: unknown key; did you mean 'write'?")]
    [InlineData("[[listener]]\n[[listener]]\nprot = 1", "config.toml:3: listener[1].prot: unknown key; did you mean 'port'?")]
    [InlineData("[imap]\nmax_line_file = 'x'", "config.toml:2: imap.max_line_file: unknown key")]
    [InlineData("[imap]\nMax_Line = '2k'", "config.toml:2: imap.Max_Line: unknown key; did you mean 'max_line'?")]

    // types
    [InlineData("node_name = 1", "config.toml:1: node_name: expects a string; this is 1")]
    [InlineData("[imap]\nmax_line = '5 apples'", "config.toml:2: imap.max_line: expects a size such as \"64KiB\", \"50MiB\" or a number of bytes; this is \"5 apples\"")]
    [InlineData("[imap]\nmax_line = -1", "config.toml:2: imap.max_line: expects a size such as \"64KiB\", \"50MiB\" or a number of bytes; this is -1")]
    [InlineData("[imap]\nidle_timeout = 30", "config.toml:2: imap.idle_timeout: expects a duration such as \"30s\", \"5m\", \"1h30m\" or \"14d\"; this is 30")]
    [InlineData("[imap]\nmax_sessions = 3000000000", "config.toml:2: imap.max_sessions: expects a whole number of 32 bits; this is 3000000000")]
    [InlineData("[imap]\nmax_messages = 1.0", "config.toml:2: imap.max_messages: expects a whole number; this is 1.0")]
    [InlineData("[imap]\nmemory_share = 'x'", "config.toml:2: imap.memory_share: expects a number; this is \"x\"")]
    [InlineData("[imap]\nenabled = 'true'", "config.toml:2: imap.enabled: expects true or false; this is \"true\"")]
    [InlineData("[imap]\nenabled = [true]", "config.toml:2: imap.enabled: expects true or false; this is an array")]
    [InlineData("[imap]\nstaging = 'disc'", "config.toml:2: imap.staging: expects one of \"database\", \"disk\", \"object_store\"; this is \"disc\"")]
    [InlineData("[imap]\nstaging = '0'", "config.toml:2: imap.staging: expects one of \"database\", \"disk\", \"object_store\"; this is \"0\"")]
    [InlineData("[imap]\ndisabled_caps = 'x'", "config.toml:2: imap.disabled_caps: expects a list, each item a string; this is a string")]
    [InlineData("[imap]\ndisabled_caps = ['x', 1]", "config.toml:2: imap.disabled_caps[1]: expects a string; this is 1")]
    [InlineData("imap = 1", "config.toml:1: imap: is a section, written [imap]; this is an integer")]
    [InlineData("[[imap]]", "config.toml:1: imap: is a section, written [imap]; this is an array")]
    [InlineData("[listener]", "config.toml:1: listener: is a list of sections, each written [[listener]]; this is a table")]
    [InlineData("[database]\npassword_file = 1", "config.toml:2: database.password_file: expects the name of a file; this is an integer")]

    // ranges
    [InlineData("[imap]\nmax_line = 1023", "config.toml:2: imap.max_line: must be 1KiB to 1MiB; this is 1023")]
    [InlineData("[imap]\nidle_timeout = '59s'", "config.toml:2: imap.idle_timeout: must be 1m to 1d, or 0; this is 59s")]
    [InlineData("[imap]\nmax_sessions = 0", "config.toml:2: imap.max_sessions: must be 1 to 100000; this is 0")]
    [InlineData("[imap]\nmemory_share = nan", "config.toml:2: imap.memory_share: must be 0.0 to 1.0; this is nan")]
    [InlineData("[imap]\nper_user = -1", "config.toml:2: imap.per_user: must be at least 1; this is -1")]
    [InlineData("[imap]\nbackoff = ['1s', '2h']", "config.toml:2: imap.backoff[1]: must be 1ms to 1h; this is 2h")]

    // rules between keys
    [InlineData("[database]\npool_min = 11", "config.toml:2: database.pool_min: must not be larger than pool_max (10)")]
    [InlineData("[database]\npool_max = 1", "config.toml:1: database.pool_min: must not be larger than pool_max (1)")]
    [InlineData("[database.write]\nhost = 'forbidden'", "config.toml:2: database.write.host: is forbidden")]
    [InlineData("[relay]", "config.toml:1: relay.host: must be set: Host name.")]

    // the file itself
    [InlineData("[imap\n", "config.toml:1:6: expected ']' after the name of the table, found the end of the line")]
    public void AFaultInTheFileIsOneLineWithItsPlace(string toml, string expected) =>
        _loading.Errors(_loading.Load(toml)).ShouldBe([expected]);

    [Theory]
    [InlineData("SORA__IMAP__MAX_LIN=1", "SORA__IMAP__MAX_LIN: imap.max_lin: unknown key; did you mean 'max_line'?")]
    [InlineData("SORA__IMPA__MAX_LINE=1", "SORA__IMPA__MAX_LINE: impa: unknown key; did you mean 'imap'?")]
    [InlineData("SORA__=1", "SORA__: unknown key")]
    [InlineData("SORA__IMAP__MAX_LINE=x", "SORA__IMAP__MAX_LINE: imap.max_line: expects a size such as \"64KiB\", \"50MiB\" or a number of bytes; this is \"x\"")]
    [InlineData("SORA__IMAP__MAX_LINE__0=1", "SORA__IMAP__MAX_LINE__0: imap.max_line: is an option; nothing can stand below it ('0')")]
    [InlineData("SORA__IMAP__ENABLED=", "SORA__IMAP__ENABLED: imap.enabled: expects true or false; this is \"\"")]
    [InlineData("SORA__IMAP__BACKOFF=['1s'", "SORA__IMAP__BACKOFF: imap.backoff: column 6 of the value: expected ']' for the array that starts in line 1, found the end of the file")]
    [InlineData("SORA__IMAP__BACKOFF__3=1s", "SORA__IMAP__BACKOFF__3: imap.backoff: expects an index (0 to 2), not '3'")]
    [InlineData("SORA__LISTENER__3__PORT=1", "SORA__LISTENER__3__PORT: listener: expects an index (0 to 2), not '3'")]
    [InlineData("SORA__LISTENER__X__PORT=1", "SORA__LISTENER__X__PORT: listener: expects an index (0 to 2), not 'X'")]
    [InlineData("SORA__LISTENER__0__PORT=0", "SORA__LISTENER__0__PORT: listener[0].port: must be 1 to 65535; this is 0")]
    [InlineData("SORA__LISTENER__0=1", "SORA__LISTENER__0: listener[0]: is a section; expects an inline table { key = value }, this is an integer")]
    [InlineData("SORA__IMAP=1", "SORA__IMAP: imap: is a section, written [imap]; this is an integer")]
    [InlineData("SORA__DATABASE__POOL_MIN=11", "SORA__DATABASE__POOL_MIN: database.pool_min: must not be larger than pool_max (10)")]
    public void AFaultInTheEnvironmentNamesTheVariable(string variable, string expected) =>
        _loading.Errors(_loading.Load(environment: [variable])).ShouldBe([expected]);

    [Theory]
    [InlineData("imap.max_line", "--set imap.max_line: expects section.key=value")]
    [InlineData("=1", "--set =1: expects section.key=value")]
    [InlineData("imap.max_lin=1", "--set imap.max_lin: imap.max_lin: unknown key; did you mean 'max_line'?")]
    [InlineData("imap.max_sessions=1.5", "--set imap.max_sessions: imap.max_sessions: expects a whole number of 32 bits; this is \"1.5\"")]
    [InlineData("IMAP.enabled=true", "--set IMAP.enabled: IMAP: unknown key; did you mean 'imap'?")]
    public void AFaultOnTheCommandLineNamesTheArgument(string setting, string expected) =>
        _loading.Errors(_loading.Load(settings: setting)).ShouldBe([expected]);

    [Fact]
    public void AllFaultsOfAllLayersAreToldTogether()
    {
        var result = _loading.Load(
            "nod = 1\n[imap]\nmax_line = 1\nenabled = 2\n[database]\npool_min = 99\n[database.write]\nhost = 'forbidden'",
            ["SORA__NO=1", "SORA__IMAP__STAGING=x"],
            "imap.per_user=0");

        result.IsValid.ShouldBeFalse();
        _loading.Errors(result).Select(e => e[..(e.IndexOf(": ", StringComparison.Ordinal) + 1)]).ShouldBe(
        [
            "config.toml:1:", "config.toml:3:", "config.toml:4:", "SORA__IMAP__STAGING:", "SORA__NO:", "--set imap.per_user:",
            "config.toml:6:", "config.toml:8:",
        ]);
        Should.Throw<ConfigurationException>(() => result.Value).Message.Split('\n').Length.ShouldBe(result.Errors.Count);
    }

    [Fact]
    public void RulesOfTheRootAreCheckedToo() =>
        _loading.Errors(_loading.Load("node_name = 'strict'\n[database]\npool_min = 11")).Length.ShouldBe(2);

    [Fact]
    public void AFileThatIsMissingIsAnError()
    {
        var result = ConfigurationLoader.Load<SampleOptions>(new ConfigurationSources { FilePath = _loading.FilePath });
        _loading.Errors(result).ShouldBe(["config.toml: cannot read the configuration: there is no such file"]);
    }

    [Fact]
    public void ASyntaxErrorDoesNotHideFaultsOfOtherLayers() =>
        _loading.Errors(_loading.Load("[", ["SORA__NO=1"])).Length.ShouldBe(2);

    [Fact]
    public void TheSameVariableInTwoCasesIsAnError() =>
        _loading.Errors(_loading.Load(environment: ["SORA__NODE_NAME=a", "sora__node_name=b"])).ShouldHaveSingleItem().ShouldContain("is the same variable as");

    [Fact]
    public void AProgramMayBindOnlySomeSections()
    {
        const string Toml = "other = 1\n[imap]\nwhatever = 1\n[[listener]]\n[database]\npool_max = 20";
        var result = _loading.Load<DatabaseOnly>(Toml, ["SORA__IMAP__X=1"], ["lmtp.y=1"], ignoreOthers: true);
        result.Value.Database.PoolMax.ShouldBe(20);

        _loading.Errors(_loading.Load<DatabaseOnly>(Toml)).Length.ShouldBe(3);
        _loading.Errors(_loading.Load<DatabaseOnly>("[database]\nx = 1\n[database.y]", ignoreOthers: true)).Length.ShouldBe(2);
    }

    private sealed class DatabaseOnly
    {
        public DatabaseOptions Database { get; } = new();
    }
}
