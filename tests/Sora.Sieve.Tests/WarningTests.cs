using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>What is no error but hardly meant (RFC 5804 section 2.6).</summary>
public sealed class WarningTests
{
    [Theory]
    [InlineData("keep;\r\nstop;\r\ndiscard;\r\nkeep;", "line 3, column 1: warning: This is never reached, because of the 'stop' in line 2")]
    [InlineData("if true { stop; }\r\nkeep;", "")]
    [InlineData("if true { stop; keep; } else { keep; }", "line 1, column 17: warning: This is never reached, because of the 'stop' in line 1")]
    [InlineData("require \"include\"; return; keep;", "line 1, column 28: warning: This is never reached, because of the 'return' in line 1")]
    [InlineData("require \"foreverypart\"; foreverypart { break; keep; }", "line 1, column 47: warning: This is never reached, because of the 'break' in line 1")]
    public void What_is_never_reached(string script, string warnings) => Warnings(script).ShouldBe(warnings);

    // The limit is 2, as in the example of RFC 5804 section 2.6
    [Theory]
    [InlineData("redirect \"a@b.example\";\r\nif size :under 10k {\r\n    redirect \"c@b.example\";\r\n}\r\nif header :contains \"to\" \"d\" {\r\n    redirect \"e@b.example\";\r\n}", 6)]
    [InlineData("redirect \"a@b.example\"; redirect \"c@b.example\";", 0)]
    [InlineData("if true { redirect \"a@b.example\"; } elsif true { redirect \"c@b.example\"; } else { redirect \"d@b.example\"; }\r\nredirect \"e@b.example\";", 0)]
    [InlineData("if true { redirect \"a@b.example\"; } elsif true { redirect \"c@b.example\"; redirect \"d@b.example\"; }\r\nredirect \"e@b.example\";", 2)]
    [InlineData("if true { redirect \"a@b.example\"; stop; }\r\nif true { redirect \"c@b.example\"; stop; }\r\nif true { redirect \"d@b.example\"; stop; }\r\nredirect \"e@b.example\";", 0)]
    public void Redirects_that_may_be_too_many(string script, int line) =>
        Warnings(script, 2).ShouldBe(line == 0 ? "" : $"line {line}, column {(line == 6 ? 5 : 1)}: warning: A message can be redirected 2 times; if it gets here after that, the script fails");

    [Theory]
    [InlineData("Entw&APw-rfe", "Entw\u00FCrfe")]
    [InlineData("&Jjo-/&ZeVnLIqe-", "\u263A/\u65E5\u672C\u8A9E")]
    [InlineData("R&D-Team", null)]
    [InlineData("A&-B", null)]
    [InlineData("Tom & Jerry - all", null)]
    [InlineData("&AGE-", null)]
    [InlineData("Entw\u00FCrfe", null)]
    public void Modified_UTF_7(string mailbox, string? meant) => Warnings($"require \"fileinto\"; fileinto \"{mailbox}\";").ShouldBe(meant is null
        ? ""
        : $"line 1, column 30: warning: Scripts have mailbox names in UTF-8, not in modified UTF-7: \"{meant}\" may be meant");

    private static string Warnings(string script, int maxRedirects = int.MaxValue)
    {
        var compilation = SieveCompiler.Compile(Encoding.UTF8.GetBytes(script), new SieveCompilerOptions { MaxRedirects = maxRedirects });
        compilation.IsOk.ShouldBeTrue();
        return string.Join('\n', compilation.Diagnostics);
    }
}
