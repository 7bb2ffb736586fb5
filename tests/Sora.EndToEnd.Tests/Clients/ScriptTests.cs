using System.Globalization;
using Sora.EndToEnd.Tests.Servers;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>Libraries of other languages, each driven by a script of ours that ends with an error when something is not as it must be.</summary>
[Collection(SharedServerTests.Name)]
public sealed class ScriptTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;

    [Theory]
    [InlineData("python3", "imaplib_session.py", "python3")]
    [InlineData("python3", "imaplib_extensions.py", "python3")]
    [InlineData("python3", "smtplib_lmtp.py", "python3")]
    [InlineData("perl", "mail_imapclient.pl", "libmail-imapclient-perl")]
    public async Task A_session(string interpreter, string script, string package)
    {
        string[] ports = [.. new[] { _sora.LmtpPort, _sora.ImapPort, _sora.ImapsPort }.Select(static port => port.ToString(CultureInfo.InvariantCulture))];
        var run = await CommandRun.RunAsync(
            interpreter, [Programs.Script(script), .. ports, server.NextAccount(), server.NextAccount(), SharedServer.Password, SharedServer.Administrator], package);
        if (run.All.Contains("Can't locate Mail/IMAPClient.pm", StringComparison.Ordinal))
            Assert.Fail($"missing Perl module Mail::IMAPClient: install the package {package} (./dev test does)");
        run.ExitCode.ShouldBe(0, run.All);
    }

    [Fact]
    public async Task A_session_of_managesieve()
    {
        var run = await CommandRun.RunAsync(
            "python3",
            [
                Programs.Script("managesieve_session.py"), _sora.ManageSievePort.ToString(CultureInfo.InvariantCulture), server.NextAccount(), SharedServer.Password,
            ],
            "python3");
        run.ExitCode.ShouldBe(0, run.All);
    }
}
