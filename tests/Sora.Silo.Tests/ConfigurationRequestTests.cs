using Sora.Silo.Configuration;

namespace Sora.Silo.Tests;

public sealed class ConfigurationRequestTests
{
    private static readonly Dictionary<string, string> NoEnvironment = new(StringComparer.Ordinal);

    [Fact]
    public void Without_a_file_everything_is_ready_to_be_tried()
    {
        var options = Load(new ConfigurationRequest(null, "/data", null, []));
        options.Node.Data.ShouldBe("/data");
        options.Node.FirstAccount.ShouldBe("sora@localhost");
        options.Lmtp.Listen.ShouldBe(["127.0.0.1:10024"]);
        options.Imap.Listen.ShouldBe(["127.0.0.1:10025"]);
        options.Imap.TlsListen.ShouldBe(["127.0.0.1:10026"]);
        options.Pop3.Listen.ShouldBe(["127.0.0.1:10027"]);
        options.Pop3.TlsListen.ShouldBe(["127.0.0.1:10028"]);
        options.Managesieve.Listen.ShouldBe(["127.0.0.1:10029"]);
        options.Http.Listen.ShouldBe(["127.0.0.1:10030"]);
        options.Database.Embedded.ShouldBeTrue();
        options.Tls.SelfSigned.ShouldBeTrue();
    }

    [Fact]
    public void The_port_base_moves_all_listeners_and_a_setting_wins_over_it()
    {
        var options = Load(new ConfigurationRequest(null, null, 20000, ["imap.listen=127.0.0.1:1143"]));
        options.Lmtp.Listen.ShouldBe(["127.0.0.1:20000"]);
        options.Imap.Listen.ShouldBe(["127.0.0.1:1143"]);
        options.Imap.TlsListen.ShouldBe(["127.0.0.1:20002"]);
        options.Pop3.Listen.ShouldBe(["127.0.0.1:20003"]);
        options.Pop3.TlsListen.ShouldBe(["127.0.0.1:20004"]);
        options.Managesieve.Listen.ShouldBe(["127.0.0.1:20005"]);
        options.Http.Listen.ShouldBe(["127.0.0.1:20006"]);
    }

    [Fact]
    public void Without_a_file_the_environment_still_wins()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["SORA__IMAP__LISTEN"] = "*:143",
            ["SORA__NODE__FIRST_ACCOUNT"] = "",
        };
        var options = Load(new ConfigurationRequest(null, null, null, []), environment);
        options.Imap.Listen.ShouldBe(["*:143"]);
        options.Node.FirstAccount.ShouldBeNull();
    }

    private static SoraOptions Load(ConfigurationRequest request, Dictionary<string, string>? environment = null) =>
        request.Load(environment ?? NoEnvironment).Value;
}
