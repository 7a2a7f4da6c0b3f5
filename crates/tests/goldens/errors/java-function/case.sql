CREATE FUNCTION f AS 'com.example.F' LANGUAGE JAVA USING JAR '/tmp/f.jar';
