using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Mailstore.Sieve;
using Sora.Sieve;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>The built-in default script does what it is there for.</summary>
public sealed class DefaultScriptTests
{
    [Theory]
    [InlineData("X-Spam: Yes", "user@example.com", "fileinto Junk")]
    [InlineData("X-Spam: yes", "user+Work@example.com", "fileinto Junk")]
    [InlineData("X-Spam: No", "user@example.com", "keep")]
    [InlineData("X-Other: Yes", "user+Work@example.com", "fileinto Work")]
    [InlineData("X-Other: Yes", "user+nowhere@example.com", "keep")]
    [InlineData("X-Other: Yes", "user+@example.com", "keep")]
    public async Task Spam_goes_into_Junk_and_a_detail_into_its_mailbox_if_there_is_one(string field, string to, string action) =>
        (await RunAsync(new SieveOptions(), field, to)).ShouldBe(action);

    [Theory]
    [InlineData("user+nowhere@example.com", "fileinto nowhere :create")]
    [InlineData("user@example.com", "keep")]
    public async Task The_mailbox_is_created_if_the_operator_says_so(string to, string action) =>
        (await RunAsync(new SieveOptions { CreateDetailMailbox = true }, "X-Other: Yes", to)).ShouldBe(action);

    private static async Task<string> RunAsync(SieveOptions options, string field, string to)
    {
        var script = new SieveFiles(options, TimeProvider.System, NullLoggerFactory.Instance).Around("example.com").Value.Default!;
        var compiled = SieveCompiler.Compile(script.Content);
        compiled.Diagnostics.ShouldBeEmpty();
        var result = await SieveInterpreter.RunAsync(new SieveInput
        {
            Scripts = [new SieveSequenceItem(script.Name, compiled.Script!)],
            Message = new SieveMessageInMemory(Encoding.ASCII.GetBytes($"{field}\r\nSubject: x\r\n\r\ntext\r\n")),
            Envelope = new SieveEnvelope { From = "ada@example.org", To = to },
            Host = new Host(),
        });
        result.Error.ShouldBeNull();
        return result.ImplicitKeep
            ? "keep"
            : string.Join(", ", result.Actions.Cast<FileIntoAction>().Select(static file => $"fileinto {file.Mailbox}{(file.Create ? " :create" : "")}"));
    }

    private sealed class Host : SieveHost
    {
        public override ValueTask<bool> MailboxExistsAsync(string mailbox, CancellationToken cancellationToken) => new(mailbox is "INBOX" or "Work");
    }
}
