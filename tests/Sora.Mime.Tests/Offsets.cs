namespace Sora.Mime.Tests;

internal static class Offsets
{
    /// <summary>Children lie inside their parents and in order, headers before bodies, and lines are what is there.</summary>
    public static void ShouldBeConsistent(MimePart root, byte[] mail)
    {
        root.HeaderStart.ShouldBe(0);
        root.End.ShouldBe(mail.Length);
        var waiting = new Stack<MimePart>([root]);
        while (waiting.TryPop(out var part))
        {
            part.BodyStart.ShouldBeGreaterThanOrEqualTo(part.HeaderStart);
            part.End.ShouldBeGreaterThanOrEqualTo(part.BodyStart);
            part.Lines.ShouldBe(mail.AsSpan((int)part.BodyStart, (int)part.Size).Count((byte)'\n'));
            if (part.Message is { } message)
            {
                message.HeaderStart.ShouldBe(part.BodyStart);
                message.End.ShouldBe(part.End);
                part.Envelope.ShouldNotBeNull();
                waiting.Push(message);
            }
            long at = part.BodyStart;
            foreach (var child in part.Children)
            {
                child.HeaderStart.ShouldBeGreaterThanOrEqualTo(at);
                at = child.End;
                waiting.Push(child);
            }
            at.ShouldBeLessThanOrEqualTo(part.End);
        }
    }
}
