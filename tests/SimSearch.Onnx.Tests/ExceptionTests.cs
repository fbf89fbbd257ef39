namespace SimSearch.Onnx.Tests;

public sealed class ExceptionTests
{
    [Fact]
    public void An_error_keeps_its_message_and_its_cause()
    {
        var cause = new InvalidOperationException("below");
        var error = new OnnxException("above", cause);
        Assert.Equal("above", error.Message);
        Assert.Same(cause, error.InnerException);
    }
}
